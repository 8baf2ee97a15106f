import { describe, expect, test } from 'vitest';
import { createTokenCache } from '../../../src/jwt/index.ts';
import { type Ask, ask, NOW_SECONDS, policy, type Seen, snapshotOf, tokenIssuer } from './bed.ts';

const issuer = await tokenIssuer();
const RULES = `
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { namespace: shop, name: users }
spec:
  jwtRules:
    - issuer: https://issuer.example
      jwks: '${issuer.jwks}'
      audiences: [shop]
      outputPayloadToHeader: x-payload
      outputClaimToHeaders: [{ header: X-User, claim: sub }, { header: x-team, claim: team }]
      fromHeaders: [{ name: authorization, prefix: "Bearer " }]
      fromParams: [access_token]
---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { namespace: shop, name: others }
spec:
  jwtRules:
    - issuer: https://other.example
      jwks: '${issuer.jwks}'
      fromHeaders: [{ name: x-other }]
      outputClaimToHeaders: [{ header: x-other-user, claim: sub }]
---
`;
const CLAIMS = {
  iss: 'https://issuer.example',
  sub: 'ann',
  aud: 'shop',
  team: 'edge',
  exp: NOW_SECONDS + 60,
};
const good = await issuer.sign(CLAIMS);
const withoutTeam = await issuer.sign({ ...CLAIMS, team: undefined });

function bearer(token: string, more: Ask = {}): Ask {
  return { ...more, headers: { ...more.headers, authorization: `Bearer ${token}` } };
}

function setHeaders({ reply }: Seen): Readonly<Record<string, string>> {
  return Object.fromEntries(
    (reply.ok_response?.headers ?? []).map(({ header }) => [header.key, header.value]),
  );
}

describe('what the workload gets', () => {
  const snapshot = snapshotOf({ policies: RULES });

  test('verified claims in place of the client’s, no token, and nothing of other rules', () => {
    const seen = ask(snapshot, bearer(good, { headers: { 'x-user': 'root', 'x-other-user': 'root' } }));
    expect(seen.isAllowed).toBe(true);
    expect(setHeaders(seen)).toEqual({ 'x-user': 'ann', 'x-team': 'edge', 'x-payload': good.split('.')[1] });
    expect(seen.reply.ok_response?.headers_to_remove.toSorted()).toEqual(['authorization', 'x-other-user']);
    for (const option of seen.reply.ok_response?.headers ?? []) {
      expect(option).toMatchObject({
        append: { value: false },
        append_action: 'OVERWRITE_IF_EXISTS_OR_ADD',
      });
    }
  });

  test('a claim that is missing takes the client’s header away', () => {
    const seen = ask(snapshot, bearer(withoutTeam, { headers: { 'x-team': 'root' } }));
    expect(setHeaders(seen)).not.toHaveProperty('x-team');
    expect(seen.reply.ok_response?.headers_to_remove).toContain('x-team');
  });

  test('without a token too, and also for headers that Envoy does not show', () => {
    const seen = ask(snapshot, { headers: { 'x-user': 'root' } });
    expect(seen.isAllowed).toBe(true);
    expect(setHeaders(seen)).toEqual({});
    expect(seen.reply.ok_response?.headers_to_remove.toSorted()).toEqual([
      'x-other-user',
      'x-payload',
      'x-team',
      'x-user',
    ]);
  });

  test('a token parameter is taken out, and only one that is there', () => {
    const seen = ask(snapshot, { path: `/orders?access_token=${good}&x=1` });
    expect(seen.isAllowed).toBe(true);
    expect(seen.reply.ok_response?.query_parameters_to_remove).toEqual(['access_token']);
    expect(ask(snapshot, bearer(good)).reply.ok_response?.query_parameters_to_remove).toEqual([]);
  });

  test('no token, no header value and no query is in the record', () => {
    const seen = ask(snapshot, { path: `/orders?access_token=${good}`, headers: { 'x-user': 'root' } });
    const text = JSON.stringify([seen.record, seen.reply.dynamic_metadata]);
    expect(text).not.toContain(good.slice(0, 20));
    expect(text).not.toContain('root');
    expect(text).not.toContain('ann');
  });
});

describe('what a bad token gets', () => {
  const snapshot = snapshotOf({ policies: RULES });

  test('Envoy’s text, a challenge and 401', () => {
    const seen = ask(snapshot, bearer('not.a.token'));
    expect(seen.reply.status?.code).toBe(16);
    expect(seen.reply.denied_response).toMatchObject({ status: { code: 'Unauthorized' } });
    expect(seen.reply.denied_response?.body).toMatch(/^Jwt /);
    const headers = Object.fromEntries(
      (seen.reply.denied_response?.headers ?? []).map(({ header }) => [header.key, header.value]),
    );
    expect(headers['www-authenticate']).toBe(
      'Bearer realm="https://orders.shop/orders", error="invalid_token"',
    );
    expect(headers['x-sallyport-reason']).toBe(seen.reason);
  });

  test('403 for the audience, and the rule that failed', async () => {
    const seen = ask(snapshot, bearer(await issuer.sign({ ...CLAIMS, aud: 'other' })));
    expect(seen.record).toMatchObject({ reason: 'token_audience', policy: 'shop/users', rule: 0 });
    expect(seen.reply.status?.code).toBe(7);
    expect(seen.reply.denied_response).toMatchObject({
      status: { code: 'Forbidden' },
      body: 'Audiences in Jwt are not allowed',
    });
  });

  test('expired', async () => {
    const seen = ask(snapshot, bearer(await issuer.sign({ ...CLAIMS, exp: NOW_SECONDS - 3600 })));
    expect(seen.reason).toBe('token_expired');
  });
});

describe('issuer and subject are compared as a pair', () => {
  const rules = `
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { namespace: shop, name: two }
spec:
  jwtRules:
    - { issuer: "https://a.example", jwks: '${issuer.jwks}' }
    - { issuer: "https://a.example/b", jwks: '${issuer.jwks}' }
---`;
  const snapshot = snapshotOf({
    policies:
      rules + policy('ALLOW', '[{ from: [{ source: { requestPrincipals: ["https://a.example/b/ann"] } }] }]'),
  });

  test.each([
    ['the pair that is meant', 'https://a.example/b', 'ann', true],
    ['a slash in the subject does not make another issuer of it', 'https://a.example', 'b/ann', false],
    ['a subject that is the whole principal', 'https://a.example', 'https://a.example/b/ann', false],
    ['another subject', 'https://a.example/b', 'annie', false],
    ['another case', 'https://a.example/b', 'Ann', false],
  ])('%s', async (_, iss, sub, isAllowed) => {
    const token = await issuer.sign({ iss, sub, exp: NOW_SECONDS + 60 });
    expect(ask(snapshot, bearer(token)).isAllowed).toBe(isAllowed);
  });
});

describe('claims named as members of every object are claims like any other', () => {
  test.each(['__proto__', 'constructor', 'hasOwnProperty', 'toString'])('%s', async (name) => {
    const snapshot = snapshotOf({
      policies:
        RULES + policy('ALLOW', `[{ when: [{ key: "request.auth.claims[${name}]", values: [x, "*"] }] }]`),
    });
    expect(ask(snapshot, bearer(good)).isAllowed).toBe(false);
    const claims = `${JSON.stringify(CLAIMS).slice(0, -1)},"${name}":"x"}`;
    expect(ask(snapshot, bearer(await issuer.signText(claims))).isAllowed).toBe(true);
    const nested = `${JSON.stringify(CLAIMS).slice(0, -1)},"realm":{"${name}":{"x":"y"}}}`;
    expect(ask(snapshot, bearer(await issuer.signText(nested))).isAllowed).toBe(false);
  });
});

describe('the record names the issuer of the rule', () => {
  const snapshot = { ...snapshotOf({ policies: RULES }), tokenCache: createTokenCache() };
  const uses = (request: Ask): unknown => {
    const { tokenIssuer, tokenCached, reason } = ask(snapshot, request).record;
    return [reason, tokenIssuer, tokenCached];
  };

  test('of a token that was verified, and whether it was remembered', () => {
    expect(uses(bearer(good))).toEqual(['allowed_no_policy', CLAIMS.iss, false]);
    expect(uses(bearer(good))).toEqual(['allowed_no_policy', CLAIMS.iss, true]);
  });

  test('of a token that was refused', async () => {
    const expired = bearer(await issuer.sign({ ...CLAIMS, exp: NOW_SECONDS - 3600 }));
    expect(uses(expired)).toEqual(['token_expired', CLAIMS.iss, false]);
    expect(uses(expired)).toEqual(['token_expired', CLAIMS.iss, true]);
  });

  test('and no other, whatever a token says of itself', async () => {
    const strange = bearer(await issuer.sign({ ...CLAIMS, iss: 'https://made.up.example' }));
    expect(uses(strange)).toEqual(['token_issuer_unknown', undefined, undefined]);
    expect(JSON.stringify(ask(snapshot, strange).record)).not.toContain('made.up');
  });

  test('and none without a token', () => {
    expect(uses({})).toEqual(['allowed_no_policy', undefined, undefined]);
  });
});

describe('policies see the request as the token rules left it', () => {
  const see = (when: string, request: Ask): Seen =>
    ask(snapshotOf({ policies: RULES + policy('ALLOW', `[{ when: [${when}] }]`) }), request);

  test.each<[string, string, Ask, boolean]>([
    ['a verified header', '{ key: "request.headers[X-Team]", values: [edge] }', bearer(good), true],
    [
      'not the client’s copy of it',
      '{ key: "request.headers[X-Team]", values: ["e*"] }',
      { headers: { 'x-team': 'edge' } },
      false,
    ],
    [
      'not the client’s copy beside a token',
      '{ key: "request.headers[X-Team]", values: [edge] }',
      bearer(withoutTeam, { headers: { 'x-team': 'edge' } }),
      false,
    ],
    ['no token', '{ key: "request.headers[authorization]", values: ["*"] }', bearer(good), false],
    [
      'a token that no rule looks at',
      '{ key: "request.headers[authorization]", values: ["Basic *"] }',
      { headers: { authorization: 'Basic x' } },
      true,
    ],
    [
      'no token parameter',
      '{ key: "request.headers[:path]", values: ["/orders?x=1"] }',
      { path: `/orders?access_token=${good}&x=1` },
      true,
    ],
    [
      'the principal',
      '{ key: request.auth.principal, values: ["https://issuer.example/ann"] }',
      bearer(good),
      true,
    ],
    ['no principal', '{ key: request.auth.principal, values: ["*"] }', {}, false],
    ['the authority as host', '{ key: "request.headers[host]", values: [orders.shop] }', {}, true],
  ])('%s', (_, when, request, isAllowed) => {
    expect(see(when, request).isAllowed).toBe(isAllowed);
    expect(see(when, { ...request, encoding: 'map' }).isAllowed).toBe(isAllowed);
  });

  test('a header that an issuer writes is no token location for another rule', async () => {
    const rules = RULES.replace('claim: team }', 'claim: team }, { header: x-other, claim: sub }');
    const other = await issuer.sign({ iss: 'https://other.example', sub: 'eve', exp: NOW_SECONDS + 60 });
    const seen = ask(snapshotOf({ policies: rules }), { headers: { 'x-other': other } });
    expect(seen.isAllowed).toBe(true);
    expect(setHeaders(seen)).toEqual({});
    expect(seen.reply.ok_response?.headers_to_remove).toContain('x-other');
  });
});

test('a claim that would break a header never leaves', async () => {
  const evil = await issuer.sign({ ...CLAIMS, sub: 'ann\r\nx-admin: true' });
  const seen = ask(snapshotOf({ policies: RULES }), bearer(evil));
  expect(seen.isAllowed).toBe(false);
});
