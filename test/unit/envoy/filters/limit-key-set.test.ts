import { describe, expect, it } from 'vitest';
import { nativeFilters } from '../../../../src/envoy/index.ts';
import { testKey } from '../../../fakes/token-issuer.ts';
import { requestAuthentication } from '../../policy/load.ts';
import { policiesOf } from './native-policies.ts';

const RSA = testKey('rsa').jwk;
const EC = testKey('p384').jwk;
const OKP = testKey('ed25519').jwk;
const OCT = testKey('secret').jwk;

/** The keys that Envoy is given for a rule, of which some algorithms alone may be allowed. */
function keysFor(keys: readonly object[], algorithms?: readonly string[]): unknown {
  const jwtRules = [{ issuer: 'i', jwks: JSON.stringify({ keys }) }];
  const policies = policiesOf(requestAuthentication(JSON.stringify({ jwtRules }), 'r', 'shop'), algorithms);
  const [filter] = nativeFilters({ policies, transport: 'http' });
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
    expect(keysFor([named, OCT], ['RS256', 'HS256'])).toEqual({ keys: [{ ...OCT, alg: 'HS256' }] });
  });

  it.each([
    ['p256', 'ES256'],
    ['p384', 'ES384'],
    ['p521', 'ES512'],
  ] as const)('knows the algorithm of the curve %s', (name, alg) => {
    const { jwk } = testKey(name);
    expect(keysFor([jwk], ['ES256', 'ES384', 'ES512'])).toEqual({ keys: [{ ...jwk, alg }] });
  });

  it('leaves out a curve that has none', () => {
    expect(keysFor([{ ...EC, crv: 'secp256k1' }, OCT], ['ES256', 'HS256', ''])).toEqual({
      keys: [{ ...OCT, alg: 'HS256' }],
    });
  });
});

describe('a rule without a key that Envoy can use', () => {
  const noKey = expect.objectContaining({ code: 'ERR_ENVOY_KEY_SET' });

  it.each([
    ['an empty set', []],
    ['a point that is on no curve', [{ ...EC, x: OKP['x'] }]],
    ['a key agreement', [{ ...OKP, crv: 'X25519' }]],
  ])('is refused, as Envoy would not start: %s', (_, keys) => {
    expect(() => keysFor(keys)).toThrow(noKey);
  });

  it('is refused when no allowed algorithm is left', () => {
    expect(() => keysFor([RSA], ['ES256'])).toThrow(noKey);
  });

  it('is not one with a key that is said to be for something else', () => {
    const keys = [
      { ...RSA, use: 'enc' },
      { ...OCT, key_ops: ['sign'] },
    ];
    expect(keysFor(keys.slice(0, 1))).toEqual({ keys: keys.slice(0, 1) });
    expect(keysFor(keys.slice(1))).toEqual({ keys: keys.slice(1) });
  });
});

describe('a rule with allowed algorithms and keys that Envoy fetches', () => {
  it('is refused', () => {
    const yaml = requestAuthentication('{ jwtRules: [{ issuer: i, jwksUri: "https://i/" }] }', 'r', 'shop');
    const policies = policiesOf(yaml, ['RS256']);
    const jwksClusters = new Map([['https://i/', 'i']]);
    expect(() => nativeFilters({ policies, transport: 'http', jwksClusters })).toThrow(
      expect.objectContaining({ code: 'ERR_ENVOY_KEY_SET' }),
    );
  });
});
