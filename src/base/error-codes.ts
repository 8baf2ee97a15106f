/**
 * Every stable error code with the one sentence that `docs/errors.md` prints for it.
 * A code is never renamed and never used again for another cause.
 */
export const ERROR_CODES = {
  // base
  ERR_INTERNAL: 'a defect in sallyport itself; the log line holds the cause',
  ERR_LIMIT_EXCEEDED: 'an input is larger than the limit that `base/limits` sets for it',
  // identity
  ERR_SPIFFE_ID_EMPTY: 'a SPIFFE ID is empty',
  ERR_SPIFFE_ID_SCHEME: 'a SPIFFE ID does not start with `spiffe://`',
  ERR_SPIFFE_ID_TRUST_DOMAIN_MISSING: 'a SPIFFE ID has no trust domain',
  ERR_SPIFFE_ID_TRUST_DOMAIN_CHAR: 'a trust domain holds a character other than a-z, 0-9, `.`, `-`, `_`',
  ERR_SPIFFE_ID_PATH_CHAR: 'a SPIFFE ID path holds a character other than A-Z, a-z, 0-9, `.`, `-`, `_`',
  ERR_SPIFFE_ID_PATH_EMPTY_SEGMENT: 'a SPIFFE ID path has an empty segment',
  ERR_SPIFFE_ID_PATH_DOT_SEGMENT: 'a SPIFFE ID path has a `.` or `..` segment',
  ERR_SPIFFE_ID_PATH_TRAILING_SLASH: 'a SPIFFE ID path ends with a slash',
  ERR_SPIFFE_ID_TOO_LONG: 'a trust domain is over 255 bytes or a SPIFFE ID over 2048',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;
