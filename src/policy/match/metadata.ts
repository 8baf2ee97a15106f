import type { MetadataValue } from '../attributes.ts';
import type { MetadataPattern } from '../model.ts';
import { memberOf } from './member.ts';
import { isNonEmpty, textMatcher } from './text-matcher.ts';

/** Whether the member `key` of a filter's metadata matches. Istio specification, section 1.7. */
export function metadataMatcher(
  key: string,
  patterns: readonly MetadataPattern[],
): (metadata: MetadataValue) => boolean {
  const inList = textMatcher(patterns.filter((value) => value.inList).map(patternOf), isNonEmpty);
  const whole = textMatcher(patterns.filter((value) => !value.inList).map(patternOf), isNonEmpty);
  return (metadata) => {
    const value = memberOf(metadata, key);
    return Array.isArray(value)
      ? value.some((item) => typeof item === 'string' && inList(item))
      : typeof value === 'string' && whole(value);
  };
}

function patternOf(value: MetadataPattern) {
  return value.pattern;
}
