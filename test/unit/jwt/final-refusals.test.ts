import { expect, it } from 'vitest';
import { makeToken } from '../../fakes/token-issuer.ts';
import { bearer, GOOD_CLAIMS, judge, tokenRule, verdictOf } from './token-case.ts';

const CRIT = 'Jwt header [crit] is not supported';
const tokenOf = (claims: object, header: object = {}): string =>
  makeToken('p256', { payload: { ...GOOD_CLAIMS, ...claims }, header: { ...header } });

it('no other rule takes a token whose claim would break a header, for which Envoy answers 503', () => {
  const writing = tokenRule({ outputClaimToHeaders: [{ header: 'x-sub', claim: 'sub' }] });
  const plain = tokenRule({ id: 'default/second#0' });
  const broken = bearer(tokenOf({ sub: 'a\u0001b' }));
  expect(judge([plain], broken).kind).toBe('pass');
  expect(verdictOf(judge([writing, plain], broken))).toBe(
    'Jwt payload has a claim that cannot be sent in a header',
  );
  expect(judge([writing, plain], bearer(tokenOf({ sub: 'ab' }))).kind).toBe('pass');
});

it('no other token speaks beside one that Sallyport alone refuses', () => {
  const elsewhere = tokenRule({ id: 'default/x#0', fromHeaders: [{ name: 'x-tok', prefix: '' }] });
  const rules = [tokenRule(), elsewhere];
  const good = ['x-tok', tokenOf({})] as const;
  const odd = ['authorization', `Bearer ${tokenOf({}, { crit: ['x'], x: 1 })}`] as const;
  const expired = ['authorization', `Bearer ${tokenOf({ exp: 1 })}`] as const;
  expect(verdictOf(judge(rules, { headers: [odd, good] }))).toBe(CRIT);
  expect(judge(rules, { headers: [good] }).kind).toBe('pass');
  expect(judge(rules, { headers: [expired, good] }).kind).toBe('pass');
});
