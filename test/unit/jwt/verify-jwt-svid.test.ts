import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseTrustDomain } from '../../../src/identity/index.ts';
import { importKeySet, type JwtSvidVerdict, verifyJwtSvid } from '../../../src/jwt/index.ts';

const NOW = 1_800_000_000;
const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const imported = importKeySet(
  JSON.stringify({ keys: [{ ...pair.publicKey.export({ format: 'jwk' }), kid: 'k1' }] }),
  { allowSymmetric: false },
);
if (!imported.ok) {
  throw imported.error;
}
const { keys } = imported;

const HEADER = { alg: 'ES256', kid: 'k1', typ: 'JWT' };
const PAYLOAD = { sub: 'spiffe://example.org/a', aud: ['billing'], exp: NOW + 60, iat: NOW };

/** A token with everything signed as it stands. */
function verdictOf(header: object, payload: object, audience = 'billing'): JwtSvidVerdict {
  const input = [header, payload]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const signature = sign('sha256', Buffer.from(input), { key: pair.privateKey, dsaEncoding: 'ieee-p1363' });
  const trustDomain = parseTrustDomain('example.org');
  const token = `${input}.${signature.toString('base64url')}`;
  return verifyJwtSvid(token, { keys, trustDomain, audience, nowSeconds: NOW });
}

function outcome(verdict: JwtSvidVerdict): string {
  return verdict.ok ? 'accepted' : verdict.reason;
}

describe('verifyJwtSvid', () => {
  it.each<[string, object]>([
    ['as SPIRE makes it', HEADER],
    ['of type JOSE', { ...HEADER, typ: 'JOSE' }],
    ['without a type', { alg: 'ES256', kid: 'k1' }],
  ])('accepts a header %s', (_, header) => {
    expect(outcome(verdictOf(header, PAYLOAD))).toBe('accepted');
  });

  it.each<[string, object, string]>([
    ['none', { ...HEADER, alg: 'none' }, 'its algorithm is not one of the standard'],
    ['HMAC', { ...HEADER, alg: 'HS256' }, 'its algorithm is not one of the standard'],
    ['Ed25519', { ...HEADER, alg: 'EdDSA' }, 'its algorithm is not one of the standard'],
    ['no algorithm', { kid: 'k1' }, 'its algorithm is not one of the standard'],
    ['another algorithm', { ...HEADER, alg: 'ES384' }, 'no key of the bundle made its signature'],
    ['no key', { alg: 'ES256' }, 'it names no key'],
    ['an empty key', { ...HEADER, kid: '' }, 'it names no key'],
    ['a number for a key', { ...HEADER, kid: 1 }, 'it names no key'],
    ['a key of no bundle', { ...HEADER, kid: 'k2' }, 'no key of the bundle made its signature'],
    ['another type', { ...HEADER, typ: 'at+jwt' }, '`typ` is neither JWT nor JOSE'],
    ['a type in small letters', { ...HEADER, typ: 'jwt' }, '`typ` is neither JWT nor JOSE'],
    ['jku', { ...HEADER, jku: 'https://x' }, 'its header has a member that must not be there'],
    ['crit', { ...HEADER, crit: ['x'] }, 'its header has a member that must not be there'],
    ['x5c', { ...HEADER, x5c: [] }, 'its header has a member that must not be there'],
  ])('refuses a header with %s', (_, header, reason) => {
    expect(outcome(verdictOf(header, PAYLOAD))).toBe(reason);
  });

  it.each<[string, object, string]>([
    ['one audience as text', { aud: 'billing' }, 'accepted'],
    ['our audience among others', { aud: ['x', 'billing'] }, 'accepted'],
    ['no audience', { aud: undefined }, 'it is meant for another audience'],
    ['an empty list of audiences', { aud: [] }, 'it is meant for another audience'],
    ['another audience', { aud: ['Billing'] }, 'it is meant for another audience'],
    ['no end', { exp: undefined }, 'it is past its end, or has none'],
    ['an end of now', { exp: NOW }, 'it is past its end, or has none'],
    ['an end in a second', { exp: NOW + 1 }, 'accepted'],
    ['a start within the leeway', { nbf: NOW + 10 }, 'accepted'],
    ['a start after the leeway', { nbf: NOW + 11 }, 'it is not valid yet'],
    ['no subject', { sub: undefined }, '`sub` is not the SPIFFE ID of a workload'],
    ['the ID of a trust domain', { sub: 'spiffe://example.org' }, '`sub` is not the SPIFFE ID of a workload'],
    ['a subject that is no SPIFFE ID', { sub: 'alice' }, '`sub` is not the SPIFFE ID of a workload'],
    ['another trust domain', { sub: 'spiffe://b.org/a' }, 'there is no bundle for its trust domain'],
  ])('of claims with %s', (_, more, expected) => {
    expect(outcome(verdictOf(HEADER, { ...PAYLOAD, ...more }))).toBe(expected);
  });

  it('hands out every claim', () => {
    const verdict = verdictOf(HEADER, { ...PAYLOAD, extra: { deep: [1, null] } });
    expect(verdict.ok ? [verdict.spiffeId.uri, verdict.claims.get('extra')] : verdict).toEqual([
      'spiffe://example.org/a',
      { deep: [1, null] },
    ]);
  });
});
