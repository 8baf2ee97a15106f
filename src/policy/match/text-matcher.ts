import { atOnce } from '../../base/index.ts';
import { prefixTable } from './prefix-table.ts';
import type { TextPattern } from './text-pattern.ts';

export type TextMatcher = (text: string) => boolean;

/**
 * Whether one of the patterns matches a text; `isPresent` says what `*` takes. The cost does not grow
 * with the number of exact and prefix forms, and hardly with that of suffixes.
 */
export function textMatcher(patterns: readonly TextPattern[], isPresent: TextMatcher): TextMatcher {
  const texts = (kind: 'exact' | 'prefix' | 'suffix') =>
    patterns.flatMap((pattern) => (pattern.kind === kind ? [pattern.text] : []));
  const matchers = [
    ...(patterns.some((pattern) => pattern.kind === 'present') ? [isPresent] : []),
    ...exactMatchers(texts('exact')),
    ...prefixMatchers(texts('prefix')),
    ...suffixMatchers(texts('suffix')),
  ];
  const [first] = matchers;
  return matchers.length === 1 && first !== undefined
    ? first
    : (text) => matchers.some((matches) => matches(text));
}

/** What `*` means nearly everywhere: Envoy's regular expression `.+`, which no line break matches. */
export function isNonEmpty(text: string): boolean {
  return text !== '' && !text.includes('\n');
}

const TABLE_FROM = 8;

function exactMatchers(texts: readonly string[]): readonly TextMatcher[] {
  const [only] = texts;
  if (only === undefined || texts.length > 1) {
    const all = new Set(texts);
    return all.size === 0 ? [] : [(text) => all.has(text)];
  }
  return [(text) => text === only];
}

function prefixMatchers(texts: readonly string[]): readonly TextMatcher[] {
  if (texts.length < TABLE_FROM) {
    return texts.map((prefix) => (text: string) => text.startsWith(prefix));
  }
  const table = atOnce(prefixTable(texts));
  return [(text) => table.some(text, () => true)];
}

function suffixMatchers(texts: readonly string[]): readonly TextMatcher[] {
  if (texts.length < TABLE_FROM) {
    return texts.map((suffix) => (text: string) => text.endsWith(suffix));
  }
  const table = atOnce(prefixTable(texts.map(reversed)));
  return [(text) => table.some(reversed(text), () => true)];
}

/** By code units: both sides are turned the same way, so halves of pairs do no harm. */
function reversed(text: string): string {
  return text.split('').reverse().join('');
}
