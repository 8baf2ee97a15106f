import type { HeaderView } from '../attributes.ts';
import { type TextMatcher, textMatcher } from './text-matcher.ts';
import type { TextPattern } from './text-pattern.ts';

/**
 * Whether a header matches; `certainly` only when it does however its joined lines are cut, otherwise
 * when any cut of them does. Istio specification, section 1.7: each line is tested by itself. A `*`
 * takes an empty value too.
 */
export function headerMatcher(
  name: string,
  patterns: readonly TextPattern[],
  certainly: boolean,
): (headers: HeaderView) => boolean {
  const matchesLine = textMatcher(patterns, () => true);
  const matchesJoined = certainly
    ? certainMatcher(patterns)
    : someCutMatcher(patterns.filter(hasComma), matchesLine);
  return (headers) => {
    const lines = headers.lines(name);
    if (lines === undefined) {
      return false;
    }
    return headers.joined
      ? lines.some((line) => (line.includes(',') ? matchesJoined(line) : matchesLine(line)))
      : lines.some(matchesLine);
  };
}

type PatternWithComma = Exclude<TextPattern, { kind: 'present' }>;

function hasComma(pattern: TextPattern): pattern is PatternWithComma {
  return pattern.kind !== 'present' && pattern.text.includes(',');
}

/**
 * What the first or the last line begins or ends with, the whole does too. Nothing else is certain; an exact
 * value without a comma is no line that has one.
 */
function certainMatcher(patterns: readonly TextPattern[]): TextMatcher {
  return textMatcher(
    patterns.filter((pattern) => !hasComma(pattern)),
    () => true,
  );
}

/** Whether any run of whole parts between commas matches, with the spaces around commas or without. */
function someCutMatcher(spanning: readonly PatternWithComma[], matchesPart: TextMatcher): TextMatcher {
  return (value) => {
    const trimmed = value.split(',').map((part) => part.trim());
    return [value, trimmed.join(',')].some(
      (text) => text.split(',').some(matchesPart) || spanning.some((pattern) => spans(pattern, text)),
    );
  };
}

function spans(pattern: PatternWithComma, text: string): boolean {
  switch (pattern.kind) {
    case 'exact':
      return `,${text},`.includes(`,${pattern.text},`);
    case 'prefix':
      return `,${text}`.includes(`,${pattern.text}`);
    case 'suffix':
      return `${text},`.includes(`${pattern.text},`);
    default:
      return pattern.kind satisfies never;
  }
}
