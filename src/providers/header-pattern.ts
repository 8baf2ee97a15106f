import { SallyportError } from '../base/index.ts';

/** The name of a header that can be sent. */
export const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/;

/** Which headers are meant: plain data, because settings are posted to a thread. `text` is in lower case. */
export interface HeaderPattern {
  readonly kind: 'exact' | 'prefix' | 'suffix';
  readonly text: string;
}

/**
 * Reads `x-user`, `x-user-*` or `*-user`; a star alone is none, as in Istio. Throws `ERR_PROVIDER_OPTIONS`.
 */
export function parseHeaderPattern(written: string): HeaderPattern {
  const text = written.replace(/^\*|\*$/, '').toLowerCase();
  if (!HEADER_NAME.test(written) || text === '' || text.includes('*')) {
    throw new SallyportError('ERR_PROVIDER_OPTIONS', 'not a header name', {
      hint: 'write a name, such as `x-user`, or one with a `*` at its start or end, such as `x-user-*`',
    });
  }
  return { kind: written.startsWith('*') ? 'suffix' : written.endsWith('*') ? 'prefix' : 'exact', text };
}

/** Whether some pattern means a name in lower case. */
export function matchesAny(patterns: readonly HeaderPattern[], name: string): boolean {
  return patterns.some(({ kind, text }) => {
    switch (kind) {
      case 'exact':
        return name === text;
      case 'prefix':
        return name.startsWith(text);
      case 'suffix':
        return name.endsWith(text);
      default:
        return kind satisfies never;
    }
  });
}
