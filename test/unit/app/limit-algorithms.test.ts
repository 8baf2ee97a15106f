import { describe, expect, it } from 'vitest';
import { limitAlgorithms } from '../../../src/app/limit-algorithms.ts';
import { authenticate, importKeySet, type TokenRule } from '../../../src/jwt/index.ts';
import type { PolicyObjects } from '../../../src/policy/index.ts';
import { jwksOf, makeToken } from '../../fakes/token-issuer.ts';

const RULE: TokenRule = {
  id: 'shop/tokens#0',
  issuer: 'https://id.example.org',
  audiences: [],
  keys: { kind: 'inline', keySetId: 'keys', jwks: jwksOf('p256', 'rsa') },
  fromHeaders: [],
  fromParams: [],
  fromCookies: [],
  forwardOriginalToken: false,
  outputPayloadToHeader: undefined,
  outputClaimToHeaders: [],
  spaceDelimitedClaims: [],
};

const POLICIES: PolicyObjects = {
  authorization: [],
  peerAuthentication: [],
  requestAuthentication: [
    {
      ref: { kind: 'RequestAuthentication', namespace: 'shop', name: 'tokens' },
      attachment: { by: 'labels', labels: [] },
      createdAtMillis: undefined,
      rules: [RULE],
    },
  ],
};

function outcome(byIssuer: ReadonlyMap<string, readonly string[]>, key: 'p256' | 'rsa'): string {
  const rules = limitAlgorithms(POLICIES, byIssuer).requestAuthentication.flatMap((policy) => policy.rules);
  const keys = importKeySet(jwksOf('p256', 'rsa'), { allowSymmetric: false, rsaBitsMin: 2048 });
  if (!keys.ok) {
    throw keys.error;
  }
  const token = makeToken(key, { payload: { iss: RULE.issuer, sub: 'ann' } });
  const request = {
    method: 'GET',
    path: '/',
    scheme: 'https',
    authority: 'shop',
    headerLines: (name: string) => (name === 'authorization' ? [`Bearer ${token}`] : []),
  };
  const view = { keySet: () => ({ state: 'ready', version: keys.version, keys: keys.keys }) as const };
  const result = authenticate(rules, request, view, 1_800_000_000);
  return result.kind === 'reject' ? result.reason : result.kind;
}

describe('allowed algorithms of the settings', () => {
  it('let the listed one pass and refuse a good signature by another', () => {
    const byIssuer = new Map([['https://id.example.org', ['ES256']]]);
    expect(outcome(byIssuer, 'p256')).toBe('pass');
    expect(outcome(byIssuer, 'rsa')).toBe('token_algorithm');
  });

  it('leave other issuers as they are', () => {
    const byIssuer = new Map([['https://other.example.org', ['ES256']]]);
    expect(outcome(byIssuer, 'rsa')).toBe('pass');
    expect(outcome(new Map(), 'rsa')).toBe('pass');
  });
});
