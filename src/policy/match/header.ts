import type { HeaderView } from '../attributes.ts';
import { textMatcher } from './text-matcher.ts';
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
    ? textMatcher(patterns.filter(isCutProof), () => true)
    : someCutMatcher(patterns);
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

/** What the first or the last line begins or ends with, the whole does too; nothing else is certain. */
function isCutProof(pattern: TextPattern): boolean {
  return pattern.kind === 'present' || (pattern.kind !== 'exact' && !pattern.text.includes(','));
}

/** Whether any run of whole parts between commas matches, with the spaces around commas or without. */
function someCutMatcher(patterns: readonly TextPattern[]): (value: string) => boolean {
  const spanning = patterns.flatMap((pattern) =>
    pattern.kind !== 'present' && pattern.text.includes(',') ? [pattern] : [],
  );
  const matchesPart = textMatcher(
    patterns.filter((pattern) => pattern.kind === 'present' || !pattern.text.includes(',')),
    () => true,
  );
  return (value) => {
    const parts = value.split(',');
    if (parts.some((part) => matchesPart(part) || matchesPart(part.trim()))) {
      return true;
    }
    const texts = spanning.length === 0 ? [] : [value, parts.map((part) => part.trim()).join(',')];
    return texts.some((text) => spanning.some((pattern) => spans(pattern, text)));
  };
}

function spans(pattern: Exclude<TextPattern, { kind: 'present' }>, text: string): boolean {
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
