import { SallyportError } from '../base/index.ts';

declare const brand: unique symbol;

/** A trust domain name without scheme, such as `example.org`; only `parseTrustDomain` makes one. */
export type TrustDomain = string & { readonly [brand]: 'TrustDomain' };

const TRUST_DOMAIN_BYTES_MAX = 255;

/**
 * Reads a trust domain name: 1 to 255 of `a-z 0-9 . - _`, no `spiffe://` in front.
 * SPIFFE-ID standard, section 2.1. Throws `ERR_SPIFFE_ID_TRUST_DOMAIN_*` or `ERR_SPIFFE_ID_TOO_LONG`.
 */
export function parseTrustDomain(text: string): TrustDomain {
  if (text === '') {
    throw new SallyportError('ERR_SPIFFE_ID_TRUST_DOMAIN_MISSING', 'trust domain is missing');
  }
  if (!/^[a-z0-9._-]+$/.test(text)) {
    throw new SallyportError(
      'ERR_SPIFFE_ID_TRUST_DOMAIN_CHAR',
      'trust domain characters are limited to lower-case letters, digits, dots, dashes and underscores',
    );
  }
  if (text.length > TRUST_DOMAIN_BYTES_MAX) {
    throw new SallyportError(
      'ERR_SPIFFE_ID_TOO_LONG',
      `trust domain is over ${TRUST_DOMAIN_BYTES_MAX} bytes`,
    );
  }
  return text as TrustDomain;
}
