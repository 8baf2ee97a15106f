import fc from 'fast-check';

/** A RequestAuthentication with one to three rules of any shape. */
export function oddTokens(): fc.Arbitrary<object> {
  return fc.array(rule, { minLength: 1, maxLength: 3 }).map((jwtRules) => ({
    apiVersion: 'security.istio.io/v1',
    kind: 'RequestAuthentication',
    metadata: { name: 'odd', namespace: 'foo' },
    spec: { jwtRules },
  }));
}

const name = fc.constantFrom('X-Token', 'x-b', 'a_b', 'authorization');
const claim = fc.constantFrom('sub', 'a.b', 'realm.roles');
const few = <T>(item: fc.Arbitrary<T>) => fc.array(item, { minLength: 1, maxLength: 2 });

const rule = fc.record(
  {
    issuer: fc.constantFrom('https://a', 'https://b/', 'c@example.org'),
    jwks: fc.constantFrom(
      '{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}',
      '{ "keys": [{"kty":"oct","k":"c2VjcmV0","kid":"é"}] }',
    ),
    audiences: few(fc.constantFrom('orders', 'https://orders/')),
    fromHeaders: few(
      fc.record({ name, prefix: fc.constantFrom('Bearer ', 'T:', '') }, { requiredKeys: ['name'] }),
    ),
    fromParams: few(fc.constantFrom('token', 'a b')),
    fromCookies: few(fc.constantFrom('session', 'x.y')),
    forwardOriginalToken: fc.boolean(),
    outputPayloadToHeader: name,
    outputClaimToHeaders: few(fc.record({ header: fc.constantFrom('X-User', 'x_c'), claim })),
    spaceDelimitedClaims: few(fc.constantFrom('roles', 'scope', 'b', 'B')),
  },
  { requiredKeys: ['issuer', 'jwks'] },
);
