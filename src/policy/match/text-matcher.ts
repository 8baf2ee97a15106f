import { atOnce } from '../../base/index.ts';
import { anyOf, eachOrTable, type Matcher } from './any-of.ts';
import { prefixTable } from './prefix-table.ts';
import type { TextPattern } from './text-pattern.ts';

export type TextMatcher = Matcher<string>;

/**
 * Whether one of the patterns matches a text; `isPresent` says what `*` takes. The cost does not grow
 * with the number of exact and prefix forms, and hardly with that of suffixes.
 */
export function textMatcher(patterns: readonly TextPattern[], isPresent: TextMatcher): TextMatcher {
  const texts = (kind: 'exact' | 'prefix' | 'suffix') =>
    patterns.flatMap((pattern) => (pattern.kind === kind ? [pattern.text] : []));
  return anyOf([
    ...(patterns.some((pattern) => pattern.kind === 'present') ? [isPresent] : []),
    ...eachOrTable(texts('exact'), (exact) => (text: string) => text === exact, anyExact),
    ...eachOrTable(texts('prefix'), (prefix) => (text: string) => text.startsWith(prefix), anyPrefix),
    ...eachOrTable(texts('suffix'), (suffix) => (text: string) => text.endsWith(suffix), anySuffix),
  ]);
}

/** What `*` means nearly everywhere: Envoy's regular expression `.+`, which no line break matches. */
export function isNonEmpty(text: string): boolean {
  return text !== '' && !text.includes('\n');
}

function anyExact(texts: readonly string[]): TextMatcher {
  const all = new Set(texts);
  return (text) => all.has(text);
}

function anyPrefix(texts: readonly string[]): TextMatcher {
  const table = atOnce(prefixTable(texts));
  return (text) => table.some(text, () => true);
}

function anySuffix(texts: readonly string[]): TextMatcher {
  const matches = anyPrefix(texts.map(reversed));
  return (text) => matches(reversed(text));
}

/** By code units: both sides are turned the same way, so halves of pairs do no harm. */
function reversed(text: string): string {
  return text.split('').reverse().join('');
}
