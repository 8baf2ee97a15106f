import { generateKeyPairSync, sign } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { parseSpiffeId } from '../../../src/identity/index.ts';
import type { JwtSvidRequest } from '../../../src/issuer/index.ts';
import { fakeClock } from '../../fakes/clock.ts';
import { codeOf, newFolder, patient, type Running, run, START_MILLIS } from './on-folder.ts';

const ID = 'spiffe://example.org/a';
const HOUR_MILLIS = 3_600_000;

function wish(more: Partial<JwtSvidRequest> = {}): JwtSvidRequest {
  return { spiffeId: parseSpiffeId(ID), audiences: ['billing'], ttlSeconds: undefined, ...more };
}

/** As another library sees the token by the bundle that is published now. */
async function seenByOthers({ issuer, clock }: Running, token: string) {
  const keys = issuer.bundle().jwtAuthorities.map(({ keyId, publicKey }) => ({ ...publicKey, kid: keyId }));
  return jwtVerify(token, createLocalJWKSet({ keys }), {
    audience: 'billing',
    currentDate: new Date(clock.nowMillis()),
  });
}

describe('a JWT-SVID', () => {
  it.each([
    ['ec-p256', 'ES256'],
    ['ec-p384', 'ES384'],
    ['rsa-2048', 'RS256'],
  ])('signed with %s says what the standard asks for, in %s, and nothing else', async (keyType, alg) => {
    const running = await run(newFolder(), undefined, { keyType });
    const svid = await running.issuer.jwtSvid(wish({ audiences: ['billing', 'other'] }));
    const { payload, protectedHeader } = await seenByOthers(running, svid.token);
    const nowSeconds = START_MILLIS / 1000;
    expect(payload).toEqual({
      sub: ID,
      aud: ['billing', 'other'],
      iat: nowSeconds,
      exp: nowSeconds + 300,
    });
    expect(protectedHeader).toEqual({
      alg,
      typ: 'JWT',
      kid: running.issuer.bundle().jwtAuthorities[0]?.keyId,
    });
    expect(svid.expiresAtSeconds).toBe(nowSeconds + 300);
    expect(running.issuer.validateJwtSvid(svid.token, 'other').spiffeId.uri).toBe(ID);
  });

  it.each([
    [{ ttlSeconds: 60 }, {}, 60],
    [{}, { jwtTtl: '90s' }, 90],
    [{}, { caTtl: '10m', svidTtl: '30s', rootTtl: '2h' }, 100],
  ])('lives as long as entry %o and settings %o say', async (more, settings, seconds) => {
    const { issuer } = await run(newFolder(), undefined, settings as Record<string, string>);
    const { expiresAtSeconds } = await issuer.jwtSvid(wish(more));
    expect(expiresAtSeconds - START_MILLIS / 1000).toBe(seconds);
  });

  it('ends with its key at the latest, and says so', async () => {
    const { issuer, events } = await run(newFolder());
    const { expiresAtSeconds } = await issuer.jwtSvid(wish({ ttlSeconds: 48 * 3600 }));
    expect(expiresAtSeconds).toBe(START_MILLIS / 1000 + 24 * 3600);
    expect(events.at(-1)).toMatchObject({ event: 'issuer.shortened', level: 'warn' });
  });

  it.each([
    ['spiffe://other.org/a', 'ERR_ISSUER_ID'],
    ['spiffe://example.org', 'ERR_ISSUER_ID'],
    ['spiffe://example.org/sallyport/server', 'ERR_ISSUER_ID'],
  ])('is not made for %s', async (id, code) => {
    const { issuer } = await run(newFolder());
    expect(await codeOf(() => issuer.jwtSvid(wish({ spiffeId: parseSpiffeId(id) })))).toBe(code);
  });

  it('is not made without an audience, or for an identity that was stopped', async () => {
    const { issuer } = await run(newFolder());
    expect(await codeOf(() => issuer.jwtSvid(wish({ audiences: [] })))).toBe('ERR_CA_TEMPLATE');
    issuer.certificates.stopIdentity(parseSpiffeId(ID));
    expect(await codeOf(() => issuer.jwtSvid(wish()))).toBe('ERR_ISSUER_STOPPED');
  });
});

describe('JWT keys', () => {
  it('outlive a restart, and so do their tokens', async () => {
    const folder = newFolder();
    const first = await run(folder);
    const { token } = await first.issuer.jwtSvid(wish());
    first.close();
    const second = await run(folder);
    expect(second.issuer.bundle()).toEqual(first.issuer.bundle());
    expect(second.issuer.validateJwtSvid(token, 'billing').spiffeId.uri).toBe(ID);
  });

  it('are published before their first use, and for as long as they may have signed something', async () => {
    const running = await run(newFolder(), patient(fakeClock(START_MILLIS)));
    const published = new Set(running.issuer.bundle().jwtAuthorities.map(({ keyId }) => keyId));
    const used = new Set<string>();
    const tokens: { readonly token: string; readonly expiresAtSeconds: number }[] = [];
    for (let hour = 0; hour < 100; hour += 1) {
      const knownBefore = new Set(published);
      const svid = await running.issuer.jwtSvid(wish({ ttlSeconds: 4 * 3600 }));
      tokens.push(svid);
      const { protectedHeader } = await seenByOthers(running, svid.token);
      expect(knownBefore).toContain(protectedHeader.kid);
      used.add(protectedHeader.kid ?? '');
      const nowSeconds = running.clock.nowMillis() / 1000;
      for (const { token } of tokens.filter(({ expiresAtSeconds }) => expiresAtSeconds > nowSeconds)) {
        running.issuer.validateJwtSvid(token, 'billing');
      }
      for (const { keyId } of running.issuer.bundle().jwtAuthorities) {
        published.add(keyId);
      }
      await running.clock.advance(HOUR_MILLIS);
    }
    expect(used.size).toBeGreaterThan(4);
    expect(running.issuer.bundle().jwtAuthorities.length).toBeLessThan(5);
  });

  it('that have ended while nobody ran are replaced at start', async () => {
    const folder = newFolder();
    const first = await run(folder);
    const { token } = await first.issuer.jwtSvid(wish());
    first.close();
    const second = await run(folder, fakeClock(START_MILLIS + 30 * HOUR_MILLIS));
    expect(await codeOf(() => second.issuer.validateJwtSvid(token, 'billing'))).toBe('ERR_ISSUER_JWT_SVID');
    const again = await second.issuer.jwtSvid(wish());
    expect(second.issuer.validateJwtSvid(again.token, 'billing').spiffeId.uri).toBe(ID);
  });

  it('that are missing from the folder are an error, not a silent new key', async () => {
    const folder = newFolder();
    const first = await run(folder);
    const keyId = first.issuer.bundle().jwtAuthorities[0]?.keyId ?? '';
    first.close();
    expect(readdirSync(join(folder, 'keys'))).toContain(`${keyId}.pem`);
    rmSync(join(folder, 'keys', `${keyId}.pem`));
    expect(await codeOf(() => run(folder))).toBe('ERR_ISSUER_KEY_MISSING');
  });
});

describe('validateJwtSvid', () => {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });

  /** The token with some of its parts replaced, and the signature left as it was. */
  function altered(token: string, header?: object, payload?: object): string {
    const [first = '', second = '', third = ''] = token.split('.');
    const part = (text: string, more?: object): string =>
      more === undefined
        ? text
        : encode({ ...JSON.parse(Buffer.from(text, 'base64url').toString()), ...more });
    return [part(first, header), part(second, payload), third].join('.');
  }

  it.each<[string, string, (token: string) => string, number]>([
    ['for another audience', 'other', (token) => token, 0],
    ['past its end', 'billing', (token) => token, 300_000],
    ['with another subject', 'billing', (token) => altered(token, {}, { sub: 'spiffe://example.org/b' }), 0],
    ['of another trust domain', 'billing', (token) => altered(token, {}, { sub: 'spiffe://b.org/a' }), 0],
    ['without a signature', 'billing', (token) => token.slice(0, token.lastIndexOf('.') + 1), 0],
    ['that is no token', 'billing', () => 'x', 0],
    ['that is empty', 'billing', () => '', 0],
    ['that is huge', 'billing', (token) => `${token}${'A'.repeat(20_000)}`, 0],
    ['of a foreign key under our name for it', 'billing', (token) => forged(token), 0],
  ])('refuses one %s', async (_, audience, change, laterMillis) => {
    const { issuer, clock } = await run(newFolder());
    const { token } = await issuer.jwtSvid(wish());
    clock.jump(laterMillis);
    expect(await codeOf(() => issuer.validateJwtSvid(change(token), audience))).toBe('ERR_ISSUER_JWT_SVID');
  });

  function forged(token: string): string {
    const input = token.slice(0, token.lastIndexOf('.'));
    const signature = sign('sha256', Buffer.from(input), { key: pair.privateKey, dsaEncoding: 'ieee-p1363' });
    return `${input}.${signature.toString('base64url')}`;
  }
});

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
