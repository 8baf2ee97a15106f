/** Istio specification, section 1.4. A `*` anywhere but at one end is an ordinary character. */
export type TextPattern =
  | { readonly kind: 'exact' | 'prefix' | 'suffix'; readonly text: string }
  /** Any value that is there; what counts as there is up to the attribute. */
  | { readonly kind: 'present' };

/** The suffix form is looked at first: `*a*` is whatever ends with `a*`. */
export function parseTextPattern(value: string): TextPattern {
  if (value === '*') {
    return { kind: 'present' };
  }
  if (value.startsWith('*')) {
    return { kind: 'suffix', text: value.slice(1) };
  }
  return value.endsWith('*') ? { kind: 'prefix', text: value.slice(0, -1) } : { kind: 'exact', text: value };
}
