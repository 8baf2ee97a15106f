import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../src/base/index.ts';
import { type ImportKeySetOptions, importKeySet } from '../../../src/jwt/index.ts';
import { base64url, jwksOf, makeToken, testKey } from '../../fakes/token-issuer.ts';
import { bearer, GOOD_CLAIMS, judge, keysOfRules, tokenRule, verdictOf } from './token-case.ts';

const PUBLIC: ImportKeySetOptions = { allowSymmetric: false };
const rsa = testKey('rsa').jwk;
const p256 = testKey('p256').jwk;
const ed25519 = testKey('ed25519').jwk;

function sizeOf(text: string, options = PUBLIC): number | string {
  const imported = importKeySet(text, options);
  return imported.ok ? imported.keys.size : imported.error.code;
}

function rsaJwk(modulusLength: number, publicExponent = 65_537): Readonly<Record<string, unknown>> {
  return {
    ...generateKeyPairSync('rsa', { modulusLength, publicExponent }).publicKey.export({ format: 'jwk' }),
  };
}

describe('importKeySet', () => {
  it('imports every kind of key', () => {
    const imported = importKeySet(jwksOf('rsa', 'p256', 'p384', 'p521', 'ed25519'), PUBLIC);
    expect(imported).toMatchObject({ ok: true, skipped: 0, keys: { size: 5 } });
  });

  it.each([
    ['not JSON', 'x', 'ERR_KEY_SET_JSON'],
    ['an HTML page', '<html></html>', 'ERR_KEY_SET_JSON'],
    ['empty', '', 'ERR_KEY_SET_JSON'],
    ['a list', '[]', 'ERR_KEY_SET_JSON'],
    ['null', 'null', 'ERR_KEY_SET_JSON'],
    ['keys twice', `{"keys":[],"keys":${JSON.stringify([p256])}}`, 'ERR_KEY_SET_JSON'],
    ['a member of a key twice', `{"keys":[{"kty":"oct","kty":"EC"}]}`, 'ERR_KEY_SET_JSON'],
    ['no keys', '{}', 'ERR_KEY_SET_SHAPE'],
    ['keys that are no list', '{"keys":{}}', 'ERR_KEY_SET_SHAPE'],
    ['certificates by name', '{"a":"-----BEGIN CERTIFICATE-----"}', 'ERR_KEY_SET_SHAPE'],
    ['no key', '{"keys":[]}', 'ERR_KEY_SET_EMPTY'],
    ['nothing that is a key', '{"keys":[null,1,"x",[],{}]}', 'ERR_KEY_SET_EMPTY'],
  ])('refuses what is %s', (_name, text, code) => {
    expect(sizeOf(text)).toBe(code);
  });

  it.each([
    ['of an unknown type', { kty: 'XYZ' }],
    ['for encryption', { ...p256, use: 'enc' }],
    ['that may not verify', { ...p256, key_ops: ['deriveBits'] }],
    ['with an algorithm of another type', { ...p256, alg: 'RS256' }],
    ['with an algorithm of another curve', { ...p256, alg: 'ES384' }],
    ['with an unknown algorithm', { ...rsa, alg: 'RSA-OAEP' }],
    ['on an unknown curve', { ...p256, crv: 'secp256k1' }],
    ['off its curve', { ...p256, y: p256['x'] }],
    ['without a coordinate', { ...p256, y: undefined }],
    ['with a coordinate that is a number', { ...p256, y: 5 }],
    ['with base64 in place of base64url', { ...p256, y: `${String(p256['y'])}=` }],
    ['of X25519', { ...ed25519, crv: 'X25519' }],
    ['of Ed448', { ...ed25519, crv: 'Ed448' }],
    ['of the wrong length', { ...ed25519, x: base64url(Buffer.alloc(31, 1)) }],
    ['with an empty modulus', { ...rsa, n: '' }],
    ['with exponent 1', { ...rsa, e: base64url(Buffer.from([1])) }],
    ['with exponent 2', { ...rsa, e: base64url(Buffer.from([2])) }],
    ['with exponent 17', { ...rsa, e: base64url(Buffer.from([17])) }],
    ['with an exponent of 2^64 + 1', { ...rsa, e: base64url(Buffer.from('010000000000000001', 'hex')) }],
    ['of 512 bits', rsaJwk(512)],
    ['of 1024 bits', rsaJwk(1024)],
    ['of 2047 bits', rsaJwk(2047)],
    ['that is symmetric', testKey('secret').jwk],
  ])('leaves out a key %s', (_name, jwk) => {
    expect(sizeOf(jwksOf(jwk))).toBe('ERR_KEY_SET_EMPTY');
    expect(importKeySet(jwksOf(jwk, 'p384'), PUBLIC)).toMatchObject({
      ok: true,
      skipped: 1,
      keys: { size: 1 },
    });
  });

  it.each([
    ['with exponent 3', rsaJwk(2048, 3)],
    ['with its algorithm', { ...rsa, alg: 'PS512' }],
    ['for signatures', { ...p256, use: 'sig', key_ops: ['verify'] }],
    ['without a curve, which then is P-256', { ...p256, crv: undefined }],
    ['with its private part, of which nothing is kept', { ...p256, d: base64url(Buffer.alloc(32, 1)) }],
    ['with an empty kid', { ...p256, kid: '' }],
  ])('takes a key %s', (_name, jwk) => {
    expect(sizeOf(jwksOf(jwk))).toBe(1);
  });

  it('takes smaller RSA keys only when allowed', () => {
    const text = jwksOf(rsaJwk(1024));
    expect(sizeOf(text, { allowSymmetric: false, rsaBitsMin: 1024 })).toBe(1);
    expect(sizeOf(text, { allowSymmetric: false, rsaBitsMin: 1025 })).toBe('ERR_KEY_SET_EMPTY');
  });

  it('takes symmetric keys only when allowed, and no empty one', () => {
    expect(sizeOf(jwksOf('secret'), { allowSymmetric: true })).toBe(1);
    const empty = jwksOf({ ...testKey('secret').jwk, k: '' });
    expect(sizeOf(empty, { allowSymmetric: true })).toBe('ERR_KEY_SET_EMPTY');
  });

  it('has limits in bytes and in keys', () => {
    const small = jwksOf('p256');
    const padded = (bytes: number): string => `${small.slice(0, -1)}${' '.repeat(bytes - small.length)}}`;
    expect(sizeOf(padded(LIMITS.keySetBytes))).toBe(1);
    expect(sizeOf(padded(LIMITS.keySetBytes + 1))).toBe('ERR_KEY_SET_TOO_LARGE');
    const many = (count: number): string => jwksOf(...Array.from({ length: count }, () => ({})), p256);
    expect(sizeOf(many(LIMITS.keySetKeys - 1))).toBe(1);
    expect(sizeOf(many(LIMITS.keySetKeys))).toBe('ERR_KEY_SET_TOO_LARGE');
  });

  it('has one version for one text, and another for every other', () => {
    const version = (text: string, options = PUBLIC): string => {
      const imported = importKeySet(text, options);
      return imported.ok ? imported.version : '';
    };
    expect(version(jwksOf('p256'))).toBe(version(jwksOf('p256')));
    expect(version(jwksOf('p256'))).not.toBe(version(jwksOf('p384')));
    expect(version(jwksOf('p256'))).not.toBe(version(jwksOf('p256'), { allowSymmetric: true }));
    expect(version(jwksOf('p256'))).not.toBe(version(jwksOf('p256'), { ...PUBLIC, rsaBitsMin: 3072 }));
  });

  it('says no word of the keys in its errors', () => {
    const imported = importKeySet(`{"keys": "${String(testKey('secret').jwk['k'])}"}`, PUBLIC);
    expect(imported.ok ? '' : imported.error.message).toBe('key set has no list `keys`');
  });

  it('cannot be stood in for by another object', () => {
    const rules = [tokenRule()];
    const keys = keysOfRules(rules, {
      [rules[0]?.keys.keySetId ?? '']: { state: 'ready', version: 'x', keys: { size: 1 } },
    });
    const forged = { keySet: () => ({ state: 'ready', version: 'x', keys: { size: 1 } }) as const };
    const token = makeToken('p256', { payload: GOOD_CLAIMS });
    expect(verdictOf(judge(rules, bearer(token), { keys }))).toBe('pass');
    expect(verdictOf(judge(rules, bearer(token), { keys: forged }))).toBe(
      "Jwks doesn't have key to match kid or alg from Jwt",
    );
  });
});

describe('key choice', () => {
  const nameless = ({ kid: _kid, ...jwk }: Readonly<Record<string, unknown>>) => jwk;
  const other = testKey('p256Other').jwk;
  it.each([
    ['its name', [p256], { kid: 'p256' }, 'pass'],
    ['no key of its name', [p256], { kid: 'x' }, "Jwks doesn't have key to match kid or alg from Jwt"],
    ['a key without a name', [nameless(p256)], { kid: 'x' }, 'pass'],
    ['no name: all are tried', [other, p256], { kid: undefined }, 'pass'],
    ['its name on a foreign key', [{ ...other, kid: 'p256' }], { kid: 'p256' }, 'Jwt verification fails'],
    ['its name twice', [{ ...other, kid: 'p256' }, p256], { kid: 'p256' }, 'pass'],
    [
      'an Ed25519 key before, whose length ends the search',
      [nameless(ed25519), nameless(rsa)],
      { alg: 'RS256' },
      'Jwt ED25519 signature is wrong length',
    ],
  ] as const)('by %s', (_name, keys, header, verdict) => {
    const alg = 'alg' in header ? 'rsa' : 'p256';
    const token = makeToken(alg, { header, payload: GOOD_CLAIMS });
    const rules = [tokenRule({ keys: { kind: 'inline', keySetId: 'k', jwks: jwksOf(...keys) } })];
    expect(verdictOf(judge(rules, bearer(token)))).toBe(verdict);
  });
});
