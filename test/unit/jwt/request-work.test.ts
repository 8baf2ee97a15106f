import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../src/base/index.ts';
import { createTokenCache, type TokenRule } from '../../../src/jwt/index.ts';
import { jwksOf, makeToken, testKey } from '../../fakes/token-issuer.ts';
import { bearer, GOOD_CLAIMS, inline, judge, type RequestParts, tokenRule } from './token-case.ts';

describe('many rules and many tokens in one request', () => {
  const rules = Array.from({ length: 100 }, (_, index) =>
    tokenRule({ id: `shop/r#${index}`, fromHeaders: [{ name: `x-token-${index}`, prefix: '' }] }),
  );
  /** Only the last one is good, which is enough where it is looked at. */
  const lastIsGood = (count: number): RequestParts => ({
    headers: Array.from({ length: count }, (_, index) => [
      `x-token-${index}`,
      makeToken('p256', {
        header: { kid: index === count - 1 ? 'p256' : `k${index}` },
        payload: GOOD_CLAIMS,
      }),
    ]),
  });

  it('as many tokens as are looked at, in the places of as many rules', () => {
    expect(judge(rules, lastIsGood(LIMITS.tokensPerRequest)).kind).toBe('pass');
  });

  it('one token more', () => {
    expect(judge(rules, lastIsGood(LIMITS.tokensPerRequest + 1)).kind).toBe('reject');
  });

  it('one token in all these places is one token', () => {
    const token = makeToken('p256', { payload: GOOD_CLAIMS });
    const headers = rules.map((_, index) => [`x-token-${index}`, token] as const);
    expect(judge(rules, { headers })).toMatchObject({ kind: 'pass', token: { subject: 'alice' } });
  });
});

describe('many rules of one issuer, each with keys of its own', () => {
  const { kid: _kid, ...decoy } = testKey('p384').jwk;
  const { kid: _other, ...key } = testKey('p256').jwk;
  const decoys = (count: number): string => jwksOf(...Array.from({ length: count }, () => decoy));
  const rulesOf = (...sets: readonly string[]): readonly TokenRule[] =>
    sets.map((jwks, index) => tokenRule({ id: `shop/r#${index}`, keys: inline(jwks) }));
  const nameless = bearer(makeToken('p256', { header: { kid: undefined }, payload: GOOD_CLAIMS }));
  const most = LIMITS.keysTriedPerToken;
  const lastKey = jwksOf(...Array.from({ length: LIMITS.keysTriedPerRequest - most - 1 }, () => decoy), key);

  it('the last key that is tried', () => {
    expect(judge(rulesOf(decoys(most), lastKey), nameless).kind).toBe('pass');
  });

  it('one key more', () => {
    const rules = rulesOf(decoys(most), decoys(LIMITS.keysTriedPerRequest - most), jwksOf(key));
    expect(judge(rules, nameless).kind).toBe('reject');
  });

  it('what one request may not cost is not remembered against the next', () => {
    const cache = createTokenCache();
    const third = rulesOf(jwksOf(key));
    const rules = [...rulesOf(decoys(most), decoys(LIMITS.keysTriedPerRequest - most)), ...third];
    expect(judge(rules, nameless, { cache }).kind).toBe('reject');
    expect(judge(third, nameless, { cache }).kind).toBe('pass');
  });
});
