import fc from 'fast-check';
import type { PolicyObject } from './case.ts';
import { WORKLOAD } from './mesh.ts';

/** Key sets by placeholder, `!enc` for a key that is said to be for encrypting; the tokens of `requests.ts` are signed with these keys. */
export const KEY_SETS = [
  'JWKS:rsa',
  'JWKS:rsa,p256',
  'JWKS:ed25519',
  'JWKS:p256,secret',
  'JWKS:rsaOther',
  'JWKS:rsa!enc,p256',
] as const;

export const ISSUERS = ['https://i', 'i', 'https://i/'] as const;

/** RequestAuthentication: `plain` has one rule that takes good tokens of each issuer from the usual place. */
export function tokenPolicies(kind: 'plain' | 'any'): fc.Arbitrary<readonly PolicyObject[]> {
  return kind === 'plain'
    ? fc.constantFrom(...ISSUERS).map((issuer) => [authentication([{ issuer, jwks: 'JWKS:rsa,p256' }])])
    : fc.array(tokenRule, { minLength: 1, maxLength: 3 }).map((rules) => [authentication(rules)]);
}

const tokenRule = fc
  .record({
    issuer: fc.constantFrom('https://i', 'https://i', 'i', 'https://i/'),
    jwks: fc.constantFrom('JWKS:rsa', 'JWKS:rsa,p256', ...KEY_SETS),
    audiences: maybe(fc.constantFrom(['shop'], ['https://shop/'], ['shop', 'other'], ['SHOP']), 3),
    fromHeaders: maybe(
      fc.subarray(
        [
          { name: 'x-token' },
          { name: 'X-Jwt', prefix: 'Token ' },
          { name: 'Authorization', prefix: 'Bearer ' },
          { name: 'x-token', prefix: 'v=' },
        ],
        { minLength: 1, maxLength: 2 },
      ),
      3,
    ),
    fromParams: maybe(fc.subarray(['token', 'access_token', 't'], { minLength: 1, maxLength: 2 }), 4),
    fromCookies: maybe(fc.subarray(['session', 'sid'], { minLength: 1, maxLength: 2 }), 5),
    forwardOriginalToken: maybe(fc.boolean(), 1),
    outputPayloadToHeader: maybe(fc.constantFrom('x-payload', 'X-Payload', 'x-a'), 2),
    outputClaimToHeaders: maybe(
      fc.subarray(
        [
          { header: 'x-sub', claim: 'sub' },
          { header: 'X-Role', claim: 'role' },
          { header: 'x-b', claim: 'a.b' },
          { header: 'x-num', claim: 'num' },
          { header: 'x-flag', claim: 'flag' },
        ],
        { minLength: 1, maxLength: 3 },
      ),
      2,
    ),
    spaceDelimitedClaims: maybe(fc.constantFrom(['role'], ['role', 'a']), 4),
  })
  .map((rule) => Object.fromEntries(Object.entries(rule).filter(([, value]) => value !== null)));

function maybe<T>(value: fc.Arbitrary<T>, absent: number): fc.Arbitrary<T | null> {
  return fc.oneof({ weight: 1, arbitrary: value }, { weight: absent, arbitrary: fc.constant(null) });
}

function authentication(jwtRules: readonly object[]): PolicyObject {
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'RequestAuthentication',
    metadata: { name: 'tokens', namespace: WORKLOAD.namespace },
    spec: { jwtRules },
  };
}
