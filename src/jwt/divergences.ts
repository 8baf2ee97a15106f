/** Where Sallyport refuses a token that Envoy's jwt_authn takes. It never is the other way round. */
export interface TokenDivergence {
  readonly id: string;
  readonly envoy: string;
  readonly sallyport: string;
  readonly why: string;
}

/** Each row has a test of its id in `test/unit/jwt/divergences.test.ts`; `docs/divergences.md` prints them. */
export const TOKEN_DIVERGENCES: readonly TokenDivergence[] = [
  {
    id: 'length',
    envoy: 'takes tokens as long as its header limit allows',
    sallyport: 'refuses tokens over 16 KiB and requests with more than 16 tokens',
    why: 'work for a stranger has a bound',
  },
  {
    id: 'prefix-spaces',
    envoy: 'skips whatever stands between the prefix and the token (`Bearer   x`, `Bearer "x`)',
    sallyport: 'skips one space, and only after a prefix that does not end in one',
    why: 'other readers of the same header find another token',
  },
  {
    id: 'dots',
    envoy: 'takes empty segments (`.a.b.c`, `a..b.c`, `a.b.c.`)',
    sallyport: 'wants exactly two dots (RFC 7515, section 7.1)',
    why: 'one token has one spelling',
  },
  {
    id: 'base64',
    envoy: 'takes padding, white space and stray last bits in base64url',
    sallyport: 'takes the one canonical spelling (RFC 7515, section 2)',
    why: 'one token has one spelling',
  },
  {
    id: 'json',
    envoy:
      'takes trailing commas, single quotes, names without quotes, raw control characters, and `null` as an empty payload',
    sallyport: 'takes JSON only (RFC 8259)',
    why: 'other readers of the same token understand it otherwise',
  },
  { id: 'depth', envoy: 'takes 100 levels of nesting', sallyport: 'takes 32', why: 'work has a bound' },
  {
    id: 'crit',
    envoy: 'ignores `crit` and `b64` in the header',
    sallyport: 'refuses any token that has them (RFC 7515, section 4.1.11; RFC 7797, section 6)',
    why: 'the issuer says that who does not understand must refuse',
  },
  {
    id: 'nested',
    envoy: 'ignores `cty: JWT`',
    sallyport: 'refuses nested tokens',
    why: 'what was verified would be the wrapping only',
  },
  {
    id: 'dates',
    envoy: 'takes `exp`, `nbf`, `iat` up to 2^64',
    sallyport: 'takes them up to 2^53 - 1',
    why: 'beyond that a JSON number is rounded',
  },
  {
    id: 'exp-zero',
    envoy: 'takes `exp: 0` (and below 1) for a token that never ends',
    sallyport: 'takes it for 1970',
    why: 'a token that names an end has one',
  },
  {
    id: 'key-fits',
    envoy: 'tries an EC key on any algorithm, with SHA-256 unless the name ends in 384 or 512',
    sallyport: 'wants type and curve of the algorithm (RFC 7518, section 3.1)',
    why: 'no algorithm is used with a key made for another',
  },
  {
    id: 'ecdsa-length',
    envoy: 'halves an ECDSA signature of any length',
    sallyport: 'wants 64, 96 or 132 bytes (RFC 7518, section 3.4)',
    why: 'one token has one spelling',
  },
  {
    id: 'symmetric-remote',
    envoy: 'takes `oct` keys from a fetched set',
    sallyport: 'takes them from inline sets only',
    why: 'a secret that is served to all is none',
  },
  {
    id: 'key-use',
    envoy: 'ignores `use` and `key_ops`',
    sallyport: 'leaves out keys that are for something other than verifying (RFC 7517, sections 4.2 and 4.3)',
    why: 'a key that decrypts elsewhere is in other hands',
  },
  {
    id: 'rsa-size',
    envoy: 'takes RSA keys from 512 bits',
    sallyport: 'takes them from 2,048 bits, or `keys.rsaBitsMin`',
    why: 'smaller ones can be broken',
  },
  {
    id: 'keys-tried',
    envoy: 'tries every key of a set on a token without `kid`',
    sallyport: 'tries 32, and once a request has cost 64 it verifies no more for it',
    why: 'work for a stranger has a bound',
  },
  {
    id: 'key-set-json',
    envoy: 'takes a key set that maps names to X.509 certificates, and loose JSON',
    sallyport: 'takes RFC 7517 in strict JSON, as istiod does',
    why: 'what the key is must not depend on the reader',
  },
  {
    id: 'output-control',
    envoy: 'answers 503 when a claim with a control character would go into a header',
    sallyport: 'refuses the token',
    why: 'the request is refused either way; here it says why',
  },
  {
    id: 'output-rounded',
    envoy: 'writes integers beyond 2^53 rounded into headers',
    sallyport: 'refuses the token',
    why: 'the header could name somebody else',
  },
];
