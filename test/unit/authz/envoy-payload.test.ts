import { describe, expect, test } from 'vitest';
import { protoStruct } from '../../fakes/proto-struct.ts';
import { type Ask, ask, NOW_SECONDS, policy, profileOf, type Seen, snapshotOf, tokenIssuer } from './bed.ts';

const ISSUER = 'https://id.example';
const NAMESPACE = 'envoy.filters.http.jwt_authn';
const issuer = await tokenIssuer();

const ANN = policy(
  'ALLOW',
  `[{ from: [{ source: { requestPrincipals: ["${ISSUER}/ann"] } }], when: [{ key: "request.auth.claims[realm][roles]", values: [reader] }] }]`,
);
const CLAIMS = { iss: ISSUER, sub: 'ann', scope: 'orders mail', realm: { roles: ['reader', 'guest'] } };
const USERS = `
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { namespace: shop, name: users }
spec: { jwtRules: [{ issuer: "${ISSUER}", jwks: '${issuer.jwks}', audiences: [shop], forwardOriginalToken: true }] }
---`;

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

function withPayloads(payloads: { readonly [key: string]: Json }, more: Ask = {}): Ask {
  const metadata = { filter_metadata: { [NAMESPACE]: protoStruct(payloads) } };
  return { ...more, attributes: { metadata_context: metadata, ...more.attributes } };
}

const believing = (...jwtAuthnPayloads: readonly string[]): Ask => ({
  profile: profileOf('sidecar', { jwtAuthnPayloads }),
});

function verdict(request: Ask, policies: string = ANN): string {
  const { isAllowed, reason }: Seen = ask(snapshotOf({ policies }), request);
  return isAllowed ? 'allowed' : reason;
}

describe('claims that Envoy verified', () => {
  test.each<[string, Ask, string]>([
    ['are not believed by default', withPayloads({ payload: CLAIMS }), 'denied_no_rule'],
    ['serve where the profile says so', withPayloads({ payload: CLAIMS }, believing('payload')), 'allowed'],
    [
      'serve under the name of their issuer',
      withPayloads({ [ISSUER]: CLAIMS }, believing(ISSUER)),
      'allowed',
    ],
    [
      'under a key that the profile does not name do not count',
      withPayloads({ [ISSUER]: CLAIMS }, believing('payload')),
      'denied_no_rule',
    ],
    [
      'of several payloads, the first that the profile names counts',
      withPayloads({ guests: { ...CLAIMS, sub: 'eve' }, staff: CLAIMS }, believing('staff', 'guests')),
      'allowed',
    ],
    [
      'of several payloads, no other counts beside it',
      withPayloads({ guests: { ...CLAIMS, sub: 'eve' }, staff: CLAIMS }, believing('guests', 'staff')),
      'denied_no_rule',
    ],
    [
      'another subject',
      withPayloads({ payload: { ...CLAIMS, sub: 'eve' } }, believing('payload')),
      'denied_no_rule',
    ],
    [
      'another issuer',
      withPayloads({ payload: { ...CLAIMS, iss: `${ISSUER}.evil` } }, believing('payload')),
      'denied_no_rule',
    ],
    [
      'a claim that is not there',
      withPayloads({ payload: { iss: ISSUER, sub: 'ann' } }, believing('payload')),
      'denied_no_rule',
    ],
    [
      'the state of a failure',
      withPayloads({ payload: { code: 16, message: 'x' } }, believing('payload')),
      'denied_no_rule',
    ],
    ['no payload', believing('payload'), 'denied_no_rule'],
    ['text', withPayloads({ payload: 'ann' }, believing('payload')), 'request_malformed'],
    ['a list', withPayloads({ payload: [CLAIMS] }, believing('payload')), 'request_malformed'],
    [
      'a subject that is a number',
      withPayloads({ payload: { ...CLAIMS, sub: 5 } }, believing('payload')),
      'request_malformed',
    ],
    [
      'a key named as a member of every object',
      withPayloads({ x: CLAIMS }, believing('__proto__', 'constructor', 'toString')),
      'denied_no_rule',
    ],
  ])('%s', (_, request, reason) => {
    expect(verdict(request)).toBe(reason);
  });

  test('are counted under the key that the profile names', () => {
    const { record } = ask(
      snapshotOf({ policies: ANN }),
      withPayloads({ payload: CLAIMS }, believing('payload')),
    );
    expect([record.tokenIssuer, record.tokenCached]).toEqual([`${NAMESPACE}#payload`, undefined]);
    expect(
      ask(snapshotOf({ policies: ANN }), withPayloads({ payload: CLAIMS })).record.tokenIssuer,
    ).toBeUndefined();
  });

  test('are split like those of a token', () => {
    const scoped = policy('ALLOW', '[{ when: [{ key: "request.auth.claims[scope]", values: [mail] }] }]');
    expect(verdict(withPayloads({ payload: CLAIMS }, believing('payload')), scoped)).toBe('allowed');
  });

  test.each<[string, Ask]>([
    [
      'headers',
      {
        headers: {
          [NAMESPACE]: JSON.stringify(CLAIMS),
          payload: JSON.stringify(CLAIMS),
          'x-jwt-payload': 'e30',
        },
      },
    ],
    ['context extensions', { extensions: { [NAMESPACE]: JSON.stringify({ payload: CLAIMS }) } }],
    [
      'metadata of the route',
      {
        attributes: {
          route_metadata_context: { filter_metadata: { [NAMESPACE]: protoStruct({ payload: CLAIMS }) } },
        },
      },
    ],
    [
      'metadata of another filter',
      {
        attributes: {
          metadata_context: {
            filter_metadata: { 'envoy.filters.http.lua': protoStruct({ payload: CLAIMS }) },
          },
        },
      },
    ],
    ['metadata of the call', { metadata: { [NAMESPACE]: [JSON.stringify({ payload: CLAIMS })] } }],
  ])('cannot be written by %s', (_, request) => {
    expect(verdict({ ...request, ...believing('payload') })).toBe('denied_no_rule');
  });
});

describe('claims that Envoy verified beside a RequestAuthentication', () => {
  const sign = (claims: object): Promise<string> =>
    issuer.sign({ ...CLAIMS, aud: 'shop', exp: NOW_SECONDS + 60, ...claims });
  const bearer = (token: string): Ask => ({
    ...believing('payload'),
    headers: { authorization: `Bearer ${token}` },
  });

  test('serve where the request holds no token of its own', () => {
    expect(verdict(withPayloads({ payload: CLAIMS }, believing('payload')), USERS + ANN)).toBe('allowed');
  });

  test('give way to a token that was verified here', async () => {
    const eve = withPayloads({ payload: CLAIMS }, bearer(await sign({ sub: 'eve' })));
    expect(verdict(eve, USERS + ANN)).toBe('denied_no_rule');
    const ann = withPayloads({ payload: { ...CLAIMS, sub: 'eve' } }, bearer(await sign({})));
    expect(verdict(ann, USERS + ANN)).toBe('allowed');
  });

  test('do not save a token that is refused here', async () => {
    const request = withPayloads({ payload: CLAIMS }, bearer(await sign({ aud: 'other' })));
    expect(verdict(request, USERS + ANN)).toBe('token_audience');
  });
});
