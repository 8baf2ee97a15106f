import { anyOf } from './any-of.ts';
import { type PathTemplate, templateMatcher } from './path-template.ts';
import { isNonEmpty, type TextMatcher, textMatcher } from './text-matcher.ts';
import type { TextPattern } from './text-pattern.ts';

/** Whether a path without its query matches one of the values. Istio specification, section 1.5. */
export function pathMatcher(values: readonly (TextPattern | PathTemplate)[]): TextMatcher {
  const patterns: TextPattern[] = [];
  const templates: TextMatcher[] = [];
  for (const value of values) {
    if (value.kind === 'template') {
      templates.push(templateMatcher(value));
    } else {
      patterns.push(value);
    }
  }
  return anyOf([textMatcher(patterns, isNonEmpty), ...templates]);
}
