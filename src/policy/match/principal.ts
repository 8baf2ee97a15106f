import { isNonEmpty, type TextMatcher, textMatcher } from './text-matcher.ts';
import type { TextPattern } from './text-pattern.ts';

const SCHEME = 'spiffe://';

/**
 * Whether one of the patterns, written without scheme, matches an identity with its scheme. Istio
 * specification, section 1.6: `*` alone takes any identity, of whatever kind.
 */
export function principalMatcher(patterns: readonly TextPattern[]): TextMatcher {
  const others: TextPattern[] = [];
  const suffixes: TextPattern[] = [];
  for (const pattern of patterns) {
    if (pattern.kind === 'suffix') {
      suffixes.push(pattern);
    } else {
      others.push(pattern.kind === 'present' ? pattern : { ...pattern, text: SCHEME + pattern.text });
    }
  }
  const matchesWhole = textMatcher(others, isNonEmpty);
  if (suffixes.length === 0) {
    return matchesWhole;
  }
  const matchesEnd = textMatcher(suffixes, isNonEmpty);
  return (identity) =>
    matchesWhole(identity) ||
    (identity.startsWith(SCHEME) && !identity.includes('\n') && matchesEnd(identity.slice(SCHEME.length)));
}
