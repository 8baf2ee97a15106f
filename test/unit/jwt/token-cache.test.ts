import { describe, expect, it } from 'vitest';
import {
  type AuthenticateOutcome,
  createTokenCache,
  type KeySetView,
  TOKEN_CACHE_LIMITS,
  type TokenCache,
  type TokenRule,
} from '../../../src/jwt/index.ts';
import { cpuMillis } from '../../fakes/cpu-time.ts';
import { jwksOf, makeToken, type TestKeyName, testKey } from '../../fakes/token-issuer.ts';
import { bearer, GOOD_CLAIMS, inline, judge, keysOfRules, NOW, tokenRule, verdictOf } from './token-case.ts';

const SIGNATURE = 'Jwt verification fails';

function token(claims: Readonly<Record<string, unknown>> = {}, key: TestKeyName = 'p256'): string {
  return makeToken(key, { payload: { ...GOOD_CLAIMS, ...claims } });
}

/** Two tokens of one key differ only in the claim `n`. */
function numbered(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => token({ n: index }, 'p256'));
}

function cacheOf(changes: Partial<typeof TOKEN_CACHE_LIMITS> = {}): TokenCache {
  return createTokenCache({ ...TOKEN_CACHE_LIMITS, ...changes });
}

function subjectOf(outcome: AuthenticateOutcome): string | undefined {
  return outcome.kind === 'pass' ? outcome.token?.subject : undefined;
}

describe('the verified-token cache', () => {
  it('gives the outcome of a first verification again', () => {
    const cache = cacheOf();
    const rules = [
      tokenRule({ outputClaimToHeaders: [{ header: 'x-user', claim: 'sub' }], outputPayloadToHeader: 'x-p' }),
    ];
    const keys = keysOfRules(rules);
    const request = bearer(token({ scope: 'a b' }));
    const without = judge(rules, request, { keys });
    const use = { issuer: GOOD_CLAIMS.iss, cached: true };
    expect(without).toMatchObject({ use: { ...use, cached: false } });
    expect(judge(rules, request, { keys, cache })).toEqual(without);
    expect(judge(rules, request, { keys, cache })).toEqual({ ...without, use });
    expect(cache.stats).toMatchObject({ entries: 1, hits: 1, misses: 1 });
  });

  it.each([
    ['ES256', 'p256'],
    ['RS256', 'rsa'],
    ['EdDSA', 'ed25519'],
  ] as const)('verifies no %s signature twice', (_name, key) => {
    const cache = cacheOf();
    const rules = [tokenRule()];
    const keys = keysOfRules(rules);
    const request = bearer(token({}, key));
    const timed = (withCache: TokenCache | undefined): number =>
      cpuMillis(() => {
        for (let round = 0; round < 200; round += 1) {
          judge(rules, request, { keys, ...(withCache === undefined ? {} : { cache: withCache }) });
        }
      });
    timed(cache);
    const repeated = Math.min(timed(cache), timed(cache), timed(cache));
    expect(repeated).toBeLessThan(Math.min(timed(undefined), timed(undefined)) / 2);
  });

  it('lets nobody in by a token that ends while it is remembered', () => {
    const cache = cacheOf({ acceptedSeconds: 100_000 });
    const rules = [tokenRule()];
    const request = bearer(token());
    const at = (now: number): string => verdictOf(judge(rules, request, { cache, now }));
    expect(at(NOW)).toBe('pass');
    expect(at(GOOD_CLAIMS.exp + 60)).toBe('pass');
    expect(at(GOOD_CLAIMS.exp + 61)).toBe('Jwt is expired');
    expect(at(GOOD_CLAIMS.exp + 62)).toBe('Jwt is expired');
  });

  it('drops a token when its time is over, though its maximum is not', () => {
    const cache = cacheOf({ acceptedSeconds: 100_000 });
    const rules = [tokenRule()];
    const text = token();
    judge(rules, bearer(text), { cache });
    judge(rules, bearer(text), { cache, now: GOOD_CLAIMS.exp + 60 });
    expect(cache.stats).toMatchObject({ hits: 1, misses: 1 });
    judge(rules, bearer(text), { cache, now: GOOD_CLAIMS.exp + 61 });
    expect(cache.stats).toMatchObject({ hits: 1, misses: 2 });
  });

  it('compares nbf on every hit, also when the clock is set back', () => {
    const cache = cacheOf();
    const rules = [tokenRule()];
    const request = bearer(token({ nbf: NOW }));
    expect(verdictOf(judge(rules, request, { cache, now: NOW }))).toBe('pass');
    expect(verdictOf(judge(rules, request, { cache, now: NOW - 61 }))).toBe('Jwt not yet valid');
    expect(verdictOf(judge(rules, request, { cache, now: NOW - 60 }))).toBe('pass');
  });

  it('serves no rule that the token was not verified for', () => {
    const cache = cacheOf();
    const text = token({ aud: 'a' });
    const first = [tokenRule({ audiences: ['a'] })];
    expect(verdictOf(judge(first, bearer(text), { cache }))).toBe('pass');
    const cases: readonly (readonly [Partial<TokenRule>, string])[] = [
      [{ audiences: ['b'] }, 'Audiences in Jwt are not allowed'],
      [{ issuer: 'https://other.example' }, 'Jwt issuer is not configured'],
      [{ algorithms: ['RS256'] }, 'Jwt header [alg] is not supported'],
      [{ keys: inline(jwksOf({ ...testKey('p256Other').jwk, kid: 'p256' })) }, SIGNATURE],
      [{ keys: inline(jwksOf('p384')) }, "Jwks doesn't have key to match kid or alg from Jwt"],
    ];
    for (const [changes, verdict] of cases) {
      expect(verdictOf(judge([tokenRule(changes)], bearer(text), { cache }))).toBe(verdict);
      expect(verdictOf(judge([tokenRule(changes)], bearer(text), { cache }))).toBe(verdict);
    }
    expect(verdictOf(judge(first, bearer(text), { cache }))).toBe('pass');
  });

  it('gives each rule its own outputs and split claims', () => {
    const cache = cacheOf();
    const text = token({ groups: 'x y' });
    const plain = judge([tokenRule()], bearer(text), { cache });
    const split = judge([tokenRule({ spaceDelimitedClaims: ['groups'] })], bearer(text), { cache });
    const groups = (outcome: AuthenticateOutcome) =>
      outcome.kind === 'pass' ? outcome.token?.claims.get('groups') : undefined;
    expect(groups(plain)).toBe('x y');
    expect(groups(split)).toEqual(['x', 'y']);
    expect(groups(judge([tokenRule()], bearer(text), { cache }))).toBe('x y');
  });

  it('forgets with the keys: a rotation that takes the key away ends its tokens', () => {
    const cache = cacheOf();
    const remote: TokenRule['keys'] = { kind: 'uri', keySetId: 'r', jwksUri: 'https://k', timeoutMillis: 1 };
    const rules = [tokenRule({ keys: remote })];
    const before = keysOfRules([tokenRule({ keys: { ...inline(jwksOf('p256')), keySetId: 'r' } })]);
    const after = keysOfRules([tokenRule({ keys: { ...inline(jwksOf('p384')), keySetId: 'r' } })]);
    const text = token();
    expect(verdictOf(judge(rules, bearer(text), { cache, keys: before }))).toBe('pass');
    expect(verdictOf(judge(rules, bearer(text), { cache, keys: after }))).toBe(
      "Jwks doesn't have key to match kid or alg from Jwt",
    );
    const gone: KeySetView = { keySet: () => ({ state: 'missing' }) };
    expect(judge(rules, bearer(text), { cache, keys: gone }).kind).toBe('need');
    expect(verdictOf(judge(rules, bearer(text), { cache, keys: before }))).toBe('pass');
  });

  it('takes no token for another, whatever they share', () => {
    const cache = cacheOf();
    const rules = [tokenRule()];
    const text = token();
    const [header, , signature] = text.split('.');
    const forged = `${header}.${token({ sub: 'mallory' }).split('.')[1]}.${signature}`;
    expect(subjectOf(judge(rules, bearer(text), { cache }))).toBe('alice');
    expect(verdictOf(judge(rules, bearer(forged), { cache }))).toBe(SIGNATURE);
    expect(verdictOf(judge(rules, bearer(forged), { cache }))).toBe(SIGNATURE);
    expect(subjectOf(judge(rules, bearer(text), { cache }))).toBe('alice');
  });

  it('does not keep what HMAC signed', () => {
    const cache = cacheOf();
    const request = bearer(token({}, 'secret'));
    expect(verdictOf(judge([tokenRule()], request, { cache }))).toBe('pass');
    expect(cache.stats.entries).toBe(0);
  });

  it('ends at the maximum when exp is later or absent', () => {
    const cache = cacheOf({ acceptedSeconds: 100 });
    const rules = [tokenRule()];
    const request = bearer(token({ exp: undefined }));
    judge(rules, request, { cache });
    judge(rules, request, { cache, now: NOW + 99 });
    expect(cache.stats).toMatchObject({ hits: 1, misses: 1 });
    judge(rules, request, { cache, now: NOW + 100 });
    expect(cache.stats).toMatchObject({ hits: 1, misses: 2 });
  });

  it('remembers refusals briefly', () => {
    const cache = cacheOf({ refusedSeconds: 10 });
    const rules = [tokenRule()];
    for (const bad of ['x', `${token().slice(0, -4)}AAAA`]) {
      const before = cache.stats;
      judge(rules, bearer(bad), { cache });
      judge(rules, bearer(bad), { cache, now: NOW + 9 });
      expect(cache.stats.hits).toBe(before.hits + 1);
      judge(rules, bearer(bad), { cache, now: NOW + 10 });
      expect(cache.stats.hits).toBe(before.hits + 1);
    }
  });

  it('keeps as many as it may, and drops what was used longest ago', () => {
    const cache = cacheOf({ entriesMax: 8 });
    const rules = [tokenRule()];
    const keys = keysOfRules(rules);
    const tokens = numbered(9);
    const hit = (text: string): boolean => {
      const before = cache.stats.hits;
      judge(rules, bearer(text), { cache, keys });
      return cache.stats.hits > before;
    };
    expect(tokens.slice(0, 8).map(hit)).toEqual(Array(8).fill(false));
    expect(tokens.slice(0, 8).map(hit)).toEqual(Array(8).fill(true));
    expect(hit(tokens[0] ?? '')).toBe(true);
    expect(hit(tokens[8] ?? '')).toBe(false);
    expect(tokens.slice(2).map(hit)).toEqual(Array(7).fill(true));
    expect(hit(tokens[0] ?? '')).toBe(true);
    expect(hit(tokens[1] ?? '')).toBe(false);
  });

  it('stays within its bytes', () => {
    const bytesMax = 64 * 1024;
    const cache = cacheOf({ bytesMax });
    const rules = [tokenRule()];
    const keys = keysOfRules(rules);
    for (const text of numbered(60)) {
      judge(rules, bearer(text), { cache, keys });
      expect(cache.stats.bytes).toBeLessThanOrEqual(bytesMax * 1.25);
    }
    expect(cache.stats.entries).toBeGreaterThan(5);
    expect(cache.stats.entries).toBeLessThan(60);
  });

  it('does not let a flood of bad tokens push out good ones', () => {
    const cache = cacheOf({ entriesMax: 8 });
    const rules = [tokenRule()];
    const keys = keysOfRules(rules);
    const good = token();
    judge(rules, bearer(good), { cache, keys });
    for (let index = 0; index < 100; index += 1) {
      judge(rules, bearer(`bad${index}.x.y`), { cache, keys });
    }
    expect(cache.stats.entries).toBeLessThanOrEqual(8 + 2);
    const { hits } = cache.stats;
    judge(rules, bearer(good), { cache, keys });
    expect(cache.stats.hits).toBe(hits + 1);
  });

  it('can be emptied', () => {
    const cache = cacheOf();
    judge([tokenRule()], bearer(token()), { cache });
    cache.clear();
    expect(cache.stats).toMatchObject({ entries: 0, bytes: 0 });
  });

  it('does not hold up a token whose key a refresh may bring', () => {
    const cache = cacheOf();
    const remote: TokenRule['keys'] = { kind: 'uri', keySetId: 'r', jwksUri: 'https://k', timeoutMillis: 1 };
    const rules = [tokenRule({ keys: remote })];
    const ready = keysOfRules([tokenRule({ keys: { ...inline(jwksOf('p384')), keySetId: 'r' } })]).keySet(
      'r',
    );
    const fresh: KeySetView = { keySet: () => ready };
    const stale: KeySetView = {
      keySet: () => (ready.state === 'ready' ? { ...ready, refreshable: true } : ready),
    };
    const request = bearer(token());
    expect(judge(rules, request, { cache, keys: stale })).toEqual({ kind: 'need', keySetIds: ['r'] });
    expect(judge(rules, request, { cache, keys: fresh }).kind).toBe('reject');
    expect(judge(rules, request, { cache, keys: stale }).kind).toBe('need');
    expect(judge(rules, bearer(token({}, 'p384')), { cache, keys: stale }).kind).toBe('pass');
    const nameless = makeToken('p256', { header: { kid: undefined }, payload: GOOD_CLAIMS });
    expect(judge(rules, bearer(nameless), { cache, keys: stale }).kind).toBe('reject');
  });
});
