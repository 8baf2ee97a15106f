import { describe, expect, it } from 'vitest';
import { inspectToken } from '../../../src/jwt/index.ts';
import { jwksOf, makeToken, testKey } from '../../fakes/token-issuer.ts';
import { GOOD_CLAIMS, inline, keysOfRules, NOW, tokenRule } from './token-case.ts';

const rules = [
  tokenRule({ id: 'default/good#0' }),
  tokenRule({ id: 'default/other#0', issuer: 'https://other.example', audiences: ['shop', 'bank'] }),
  tokenRule({ id: 'default/key#0', keys: inline(jwksOf('p384')), algorithms: ['ES384'] }),
  tokenRule({
    id: 'default/remote#0',
    keys: { kind: 'uri', keySetId: 'remote', jwksUri: 'https://k', timeoutMillis: 1 },
  }),
];

describe('inspectToken', () => {
  it('names the keys of a set that has not the one of the token, the first ten', () => {
    const key = testKey('p384').jwk;
    const token = makeToken('p256', { payload: GOOD_CLAIMS });
    const detail = (jwks: string): string | undefined => {
      const one = [tokenRule({ keys: inline(jwks) })];
      return inspectToken(token, one, keysOfRules(one), NOW).rules[0]?.checks.at(-1)?.detail;
    };
    expect(detail(jwksOf({ ...key, alg: 'ES384' }, 'p521'))).toContain(
      '; the set has kid `p384` (ES384), kid `p521` (P-521)',
    );
    const many = Array.from({ length: 12 }, (_, index) => ({ ...key, kid: `k${index}` }));
    expect(detail(jwksOf(...many))).toMatch(/kid `k9` \(P-384\) and 2 more$/);
  });

  it('says what keeps a key set away', () => {
    const token = makeToken('p256', { payload: GOOD_CLAIMS });
    const why = (keySetId: string): string => `\`${keySetId}\` is away`;
    const inspection = inspectToken(token, rules, keysOfRules(rules), NOW, why);
    expect(inspection.rules.at(-1)?.checks.at(-1)).toEqual({
      name: 'signature',
      outcome: 'undecided',
      detail: 'the keys of this rule are not there: `remote` is away',
    });
  });

  it('says what every rule thinks of every part', () => {
    const token = makeToken('p256', { payload: { ...GOOD_CLAIMS, aud: 'shop', nbf: NOW + 30 } });
    const inspection = inspectToken(token, rules, keysOfRules(rules), NOW);
    expect(inspection.token).toMatchObject({ algorithm: 'ES256', keyId: 'p256', subject: 'alice' });
    expect(inspection.rules.map(({ ruleId, verdict }) => [ruleId, verdict])).toEqual([
      ['default/good#0', 'accepted'],
      ['default/other#0', 'refused'],
      ['default/key#0', 'refused'],
      ['default/remote#0', 'undecided'],
    ]);
    expect(inspection.rules.map(({ checks }) => checks.map(({ detail }) => detail))).toEqual([
      [
        'wants `https://issuer.example`, has `https://issuer.example`',
        'wants any, has ES256',
        'begins in 30 s, ends in 600 s',
        'wants any, has `shop`',
        'ES256, kid `p256`',
      ],
      [
        'Jwt issuer is not configured: wants `https://other.example`, has `https://issuer.example`',
        'wants any, has ES256',
        'begins in 30 s, ends in 600 s',
        'wants `shop` or `bank`, has `shop`',
        'ES256, kid `p256`',
      ],
      [
        'wants `https://issuer.example`, has `https://issuer.example`',
        'Jwt header [alg] is not supported: wants ES384, has ES256',
        'begins in 30 s, ends in 600 s',
        'wants any, has `shop`',
        "Jwks doesn't have key to match kid or alg from Jwt: ES256, kid `p256`; the set has kid `p384` (P-384)",
      ],
      [
        'wants `https://issuer.example`, has `https://issuer.example`',
        'wants any, has ES256',
        'begins in 30 s, ends in 600 s',
        'wants any, has `shop`',
        'the keys of this rule are not there',
      ],
    ]);
  });

  it('never holds the signature', () => {
    const token = makeToken('p256', { payload: { ...GOOD_CLAIMS, exp: NOW - 100 } });
    const inspection = inspectToken(token, rules, keysOfRules(rules), NOW);
    expect(JSON.stringify(inspection)).not.toContain(token.split('.')[2]);
    expect(inspection.rules[0]?.checks[2]).toEqual({
      name: 'time',
      outcome: 'failed',
      detail: 'Jwt is expired: ended 100 s ago',
    });
  });

  it('says why a token cannot be read', () => {
    expect(inspectToken('x', rules, keysOfRules(rules), NOW)).toEqual({
      token: undefined,
      malformed: 'Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections',
      rules: [],
    });
  });
});
