import type { TextPattern } from '../../policy/index.ts';
import type { JsonObject } from '../typed.ts';

/** A StringMatcher; `*` takes what has one character, as everywhere but for headers. */
export function textMatch(pattern: TextPattern): JsonObject {
  return pattern.kind === 'present' ? regexMatch('.+') : { [pattern.kind]: pattern.text };
}

/** A StringMatcher by an expression of RE2 that has to take the whole text. */
export function regexMatch(regex: string): JsonObject {
  return { safe_regex: { regex } };
}

/** The text as an expression that takes exactly it. */
export function quotedRegex(text: string): string {
  return text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');
}

/**
 * A HeaderMatcher, `:authority` and `:method` among the headers. `*` asks for the header alone, so that
 * an empty value passes. Istio specification, section 1.4.
 */
export function headerMatch(name: string, pattern: TextPattern, ignoreCase = false): JsonObject {
  return {
    name,
    ...(pattern.kind === 'present'
      ? { present_match: true }
      : { string_match: { ...textMatch(pattern), ...(ignoreCase ? { ignore_case: true } : {}) } }),
  };
}

/**
 * What Envoy's runtime has to hold for these filters: its own bound of 100 instructions refuses the
 * expression of a service account with a long name, and with it the whole listener. The figure is that
 * of Istio's proxies.
 */
export const REGEX_RUNTIME: Readonly<Record<string, number>> = {
  're2.max_program_size.error_level': 32_768,
};
