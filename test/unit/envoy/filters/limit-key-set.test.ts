import { describe, expect, it } from 'vitest';
import { nativeFilters } from '../../../../src/envoy/index.ts';
import { requestAuthentication } from '../../policy/load.ts';
import { policiesOf } from './native-policies.ts';

const RSA = { kty: 'RSA', n: 'sXch', e: 'AQAB', kid: 'r' };
const EC = { kty: 'EC', x: 'eA', y: 'eQ', crv: 'P-384' };
const OKP = { kty: 'OKP', crv: 'Ed25519', x: 'eA' };
const OCT = { kty: 'oct', k: 'c2VjcmV0' };

/** The keys that Envoy is given for a rule of which some algorithms alone are allowed. */
function keysFor(keys: readonly object[], algorithms: readonly string[]): unknown {
  const jwtRules = [{ issuer: 'i', jwks: JSON.stringify({ keys }) }];
  const policies = policiesOf(requestAuthentication(JSON.stringify({ jwtRules }), 'r', 'shop'));
  const tokenRules = policies.tokenRules.map((rule) => ({ ...rule, algorithms }));
  const [filter] = nativeFilters({ policies: { ...policies, tokenRules }, transport: 'http' });
  const text = /"inline_string":("(?:[^"\\]|\\.)*")/.exec(JSON.stringify(filter))?.[1] ?? '""';
  return JSON.parse(String(JSON.parse(text)));
}

describe('a rule with allowed algorithms', () => {
  it.each([
    ['RS256', RSA],
    ['PS512', RSA],
    ['ES384', EC],
    ['EdDSA', OKP],
    ['HS256', OCT],
  ])('%s: has keys of its type for it alone', (alg, key) => {
    expect(keysFor([RSA, EC, OKP, OCT], [alg])).toEqual({ keys: [{ ...key, alg }] });
  });

  it('has a key once for each of them', () => {
    expect(keysFor([RSA], ['RS256', 'PS256', 'ES256'])).toEqual({
      keys: [
        { ...RSA, alg: 'RS256' },
        { ...RSA, alg: 'PS256' },
      ],
    });
  });

  it('keeps the algorithm that a key names', () => {
    const named = { ...RSA, alg: 'RS384' };
    expect(keysFor([named], ['RS256', 'RS384'])).toEqual({ keys: [named] });
    expect(keysFor([named], ['RS256'])).toEqual({ keys: [] });
  });

  it.each([
    ['P-256', 'ES256'],
    ['P-384', 'ES384'],
    ['P-521', 'ES512'],
  ])('knows the algorithm of the curve %s', (crv, alg) => {
    expect(keysFor([{ ...EC, crv }], ['ES256', 'ES384', 'ES512'])).toEqual({ keys: [{ ...EC, crv, alg }] });
  });

  it('leaves out a curve that has none', () => {
    expect(keysFor([{ ...EC, crv: 'secp256k1' }], ['ES256', ''])).toEqual({ keys: [] });
  });
});

describe('a rule with allowed algorithms and keys that Envoy fetches', () => {
  it('is refused', () => {
    const yaml = requestAuthentication('{ jwtRules: [{ issuer: i, jwksUri: "https://i/" }] }', 'r', 'shop');
    const policies = policiesOf(yaml);
    const tokenRules = policies.tokenRules.map((rule) => ({ ...rule, algorithms: ['RS256'] }));
    const jwksClusters = new Map([['https://i/', 'i']]);
    expect(() =>
      nativeFilters({ policies: { ...policies, tokenRules }, transport: 'http', jwksClusters }),
    ).toThrow(expect.objectContaining({ code: 'ERR_ENVOY_KEY_SET' }));
  });
});
