import { describe, expect, test } from 'vitest';
import { protoStruct } from '../../fakes/proto-struct.ts';
import { attributesOf, callOf, encodeCheck, policy, profileOf, snapshotOf, tokenIssuer } from './bed.ts';
import { allowed, failure, outcomeOf, provider, questionOf, refused, verdictOn } from './custom-bed.ts';

const OPA = policy('CUSTOM', '[{ to: [{ operation: { paths: ["/orders*"] } }] }]', 'ask-opa', 'opa');
const ABAC = policy(
  'CUSTOM',
  '[{ when: [{ key: "request.headers[x-user]", values: ["*"] }] }]',
  'ask-abac',
  'abac',
);
const both = (changes = {}) => [provider('opa', changes), provider('abac', changes)];

describe('a CUSTOM policy', () => {
  const snapshot = snapshotOf({ policies: OPA, providers: both() });

  test('asks its provider about the requests of its rules only', () => {
    expect(questionOf(snapshot, {}).provider.name).toBe('opa');
    expect(verdictOn(snapshot, { path: '/other' })).toMatchObject({ isAllowed: true });
    expect(verdictOn(snapshot, { path: '/other' }).record.providers).toBeUndefined();
  });

  test('is told to the log also where what Envoy says of a token cannot be read', () => {
    const metadata = protoStruct({ payload: 'no object' });
    const request = {
      profile: profileOf('sidecar', { jwtAuthnPayloads: ['payload'] }),
      attributes: {
        metadata_context: { filter_metadata: { 'envoy.filters.http.jwt_authn': metadata } },
      },
    };
    expect(verdictOn(snapshot, request, { opa: allowed() }).record).toMatchObject({
      reason: 'request_malformed',
      providers: ['opa allowed'],
    });
  });

  test('lets pass what the provider allows, and DENY and ALLOW still judge', () => {
    expect(verdictOn(snapshot, {}, { opa: allowed() })).toMatchObject({
      isAllowed: true,
      record: { reason: 'allowed_no_policy', providers: ['opa allowed'] },
    });
    const more = snapshotOf({ policies: OPA + policy('DENY', '[{}]', 'closed'), providers: both() });
    expect(verdictOn(more, {}, { opa: allowed() })).toMatchObject({
      isAllowed: false,
      record: { reason: 'denied_by_policy', policy: 'shop/closed', providers: ['opa allowed'] },
    });
  });

  test('denies with the words of the provider', () => {
    const { reply, record } = verdictOn(snapshot, {}, { opa: refused(401) });
    expect(reply.status).toMatchObject({ code: 16 });
    expect(reply.denied_response).toMatchObject({ status: { code: 'Unauthorized' }, body: 'not you' });
    expect(reply.denied_response?.headers.map(({ header }) => header)).toMatchObject([
      { key: 'x-why', value: 'because' },
      { key: 'x-sallyport-reason', value: 'denied_by_custom' },
    ]);
    expect(record).toMatchObject({ policy: 'shop/ask-opa', rule: 0, providers: ['opa denied'] });
    expect(reply.dynamic_metadata?.fields['providers']?.stringValue).toBe('opa denied');
  });

  test('denies for a reason of ours, whatever the provider says', () => {
    const answer = { ...refused(), headers: [{ name: 'x-sallyport-reason', value: 'allowed_by_policy' }] };
    const { reply } = verdictOn(snapshot, {}, { opa: answer as ReturnType<typeof refused> });
    expect(reply.denied_response?.headers.map(({ header }) => header.value)).toEqual(['denied_by_custom']);
  });

  test('is for one that nobody configured: denied', () => {
    const alone = snapshotOf({ policies: OPA });
    expect(verdictOn(alone, {})).toMatchObject({
      isAllowed: false,
      record: { reason: 'provider_unknown', policy: 'shop/ask-opa', providers: ['opa unknown'] },
    });
    expect(verdictOn(alone, { path: '/other' }).isAllowed).toBe(true);
  });

  test('is for connections too, where a provider that speaks HTTP cannot be asked', () => {
    const tcp = { request: undefined };
    expect(outcomeOf(snapshot, { attributes: tcp })).toMatchObject({
      kind: 'ask',
      question: { http: undefined },
    });
    expect(verdictOn(snapshot, { attributes: tcp }, { opa: allowed() }).isAllowed).toBe(true);
    expect(verdictOn(snapshot, { attributes: tcp }, { opa: refused() }).isAllowed).toBe(false);
    const overHttp = snapshotOf({ policies: OPA, providers: both({ protocol: 'http' }) });
    expect(verdictOn(overHttp, { attributes: tcp })).toMatchObject({
      isAllowed: false,
      reason: 'provider_unknown',
    });
  });

  test('comes after plain text was refused', () => {
    const strict = `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { namespace: shop, name: default }
spec: { mtls: { mode: STRICT } }
---`;
    const closed = snapshotOf({ policies: OPA + strict, providers: both() });
    expect(verdictOn(closed, { source: { principal: '' } }).reason).toBe('denied_plaintext');
  });
});

describe('no verdict of a provider', () => {
  const FAILURES = ['unreachable', 'timeout', 'status', 'busy', 'reply', 'question'] as const;

  test.each(FAILURES)('%s is denied, with the status of the settings', (kind) => {
    const snapshot = snapshotOf({ policies: OPA, providers: both({ statusOnError: 503 }) });
    const { reply, record } = verdictOn(snapshot, {}, { opa: failure(kind) });
    expect(reply.denied_response?.status.code).toBe('ServiceUnavailable');
    expect(reply.status?.code).toBe(7);
    expect(record).toMatchObject({ reason: 'provider_failed', providers: [`opa failed ${kind}`] });
    expect(record.cause).toMatchObject({ message: 'cause' });
  });

  test.each(FAILURES)('%s under failOpen', (kind) => {
    const snapshot = snapshotOf({ policies: OPA, providers: both({ failOpen: true }) });
    const { isAllowed, record } = verdictOn(snapshot, {}, { opa: failure(kind) });
    expect(isAllowed).toBe(kind !== 'reply' && kind !== 'question');
    expect(record.providers).toEqual([isAllowed ? `opa failed_open ${kind}` : `opa failed ${kind}`]);
  });

  test('a denial is one under failOpen too', () => {
    const snapshot = snapshotOf({ policies: OPA, providers: both({ failOpen: true }) });
    expect(verdictOn(snapshot, {}, { opa: refused() }).isAllowed).toBe(false);
  });

  test('a status that the provider names counts before that of the settings', () => {
    const snapshot = snapshotOf({ policies: OPA, providers: both({ statusOnError: 503 }) });
    const answer = { ...failure('status'), httpStatus: 429 };
    expect(verdictOn(snapshot, {}, { opa: answer }).reply.denied_response?.status.code).toBe(
      'TooManyRequests',
    );
  });
});

describe('several providers', () => {
  const snapshot = snapshotOf({ policies: OPA + ABAC, providers: both() });
  const request = { headers: { 'x-user': 'ann' } };

  test('are asked by name, one after the other, and each must allow', () => {
    expect(questionOf(snapshot, request).provider.name).toBe('abac');
    expect(questionOf(snapshot, request, { abac: allowed() }).provider.name).toBe('opa');
    expect(verdictOn(snapshot, request, { abac: allowed(), opa: allowed() }).record).toMatchObject({
      effect: 'allow',
      providers: ['abac allowed', 'opa allowed'],
    });
    expect(verdictOn(snapshot, request, { abac: refused() }).record.providers).toEqual(['abac denied']);
    expect(verdictOn(snapshot, request, { abac: allowed(), opa: refused() }).record).toMatchObject({
      effect: 'deny',
      policy: 'shop/ask-opa',
      providers: ['abac allowed', 'opa denied'],
    });
  });

  test('the rules of one see what those before made of the request', () => {
    const second = policy(
      'CUSTOM',
      '[{ when: [{ key: "request.headers[x-tier]", values: [gold] }] }]',
      'z',
      'opa',
    );
    const two = snapshotOf({ policies: ABAC + second, providers: both() });
    const set = allowed({ headers: [{ name: 'x-tier', value: 'gold', action: 'overwrite' }] });
    const question = questionOf(two, request, { abac: set });
    expect(question.provider.name).toBe('opa');
    expect(question.http?.headers.get('x-tier')).toEqual(['gold']);
    expect(verdictOn(two, request, { abac: allowed() }).isAllowed).toBe(true);
  });
});

describe('what a provider changes', () => {
  const providers = both();

  test('is seen by ALLOW and DENY, and told to Envoy', () => {
    const rule = policy('ALLOW', '[{ when: [{ key: "request.headers[x-role]", values: [admin] }] }]');
    const snapshot = snapshotOf({ policies: OPA + rule, providers });
    const set = allowed({ headers: [{ name: 'x-role', value: 'admin', action: 'overwrite' }] });
    const { reply } = verdictOn(snapshot, { headers: { 'x-role': 'none' } }, { opa: set });
    expect(reply.ok_response?.headers).toMatchObject([
      { header: { key: 'x-role', value: 'admin' }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' },
    ]);
    const unset = allowed({ removeHeaders: ['X-Role', ':path', 'host'] });
    const gone = verdictOn(snapshot, { headers: { 'x-role': 'admin' } }, { opa: unset });
    expect(gone.reason).toBe('denied_no_rule');
  });

  test('a token that it sets is judged and taken out like one of the client', async () => {
    const { jwks, sign } = await tokenIssuer();
    const authentication = `
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { namespace: shop, name: users }
spec: { jwtRules: [{ issuer: 'https://i', jwks: '${jwks}', outputClaimToHeaders: [{ header: x-sub, claim: sub }] }] }
---`;
    const rule = policy('ALLOW', '[{ from: [{ source: { requestPrincipals: ["https://i/ann"] } }] }]');
    const snapshot = snapshotOf({ policies: OPA + authentication + rule, providers });
    const token = await sign({ iss: 'https://i', sub: 'ann', exp: 1_900_000_000 });
    const set = allowed({
      headers: [
        { name: 'authorization', value: `Bearer ${token}`, action: 'overwrite' },
        { name: 'x-sub', value: 'forged', action: 'overwrite' },
      ],
    });
    const { isAllowed, reply } = verdictOn(snapshot, {}, { opa: set });
    expect(isAllowed).toBe(true);
    expect(reply.ok_response?.headers.map(({ header }) => [header.key, header.value])).toEqual([
      ['x-sub', 'ann'],
    ]);
    expect(reply.ok_response?.headers_to_remove).toEqual(['authorization']);
    const bad = allowed({ headers: [{ name: 'authorization', value: 'Bearer x', action: 'overwrite' }] });
    expect(verdictOn(snapshot, {}, { opa: bad }).reply.denied_response?.status.code).toBe('Unauthorized');
  });

  test('metadata is seen by rules and kept, but ours stays ours', () => {
    const rule = policy(
      'DENY',
      '[{ when: [{ key: "experimental.envoy.filters.http.ext_authz[tier]", values: [banned] }] }]',
    );
    const snapshot = snapshotOf({ policies: OPA + rule, providers });
    const answer = (tier: string) => ({ opa: allowed({}, { tier, effect: 'deny' }) });
    expect(verdictOn(snapshot, {}, answer('banned')).reason).toBe('denied_by_policy');
    const { isAllowed, reply } = verdictOn(snapshot, {}, answer('gold'));
    expect(isAllowed).toBe(true);
    expect(reply.dynamic_metadata?.fields).toMatchObject({
      tier: { stringValue: 'gold' },
      effect: { stringValue: 'allow' },
    });
  });

  test('metadata that another filter of that name left is still seen, as Envoy merges the two', () => {
    const rule = policy(
      'DENY',
      '[{ when: [{ key: "experimental.envoy.filters.http.ext_authz[tier]", values: [banned] }] }]',
    );
    const snapshot = snapshotOf({ policies: OPA + rule, providers });
    const fields = { tier: { stringValue: 'banned' } };
    const filter_metadata = { 'envoy.filters.http.ext_authz': { fields } };
    const request = { attributes: { metadata_context: { filter_metadata } } };
    expect(verdictOn(snapshot, request, { opa: allowed({}, { other: 'x' }) }).isAllowed).toBe(false);
    expect(verdictOn(snapshot, request, { opa: allowed({}, { tier: 'gold' }) }).isAllowed).toBe(true);
  });

  test('headers for the client and query parameters go along', () => {
    const snapshot = snapshotOf({ policies: OPA, providers });
    const answer = allowed({
      responseHeaders: [{ name: 'set-cookie', value: 'a=b', action: 'append' }],
      setQueryParameters: [{ name: 'user', value: 'ann' }],
      removeQueryParameters: ['secret', 'absent'],
    });
    const { reply } = verdictOn(snapshot, { path: '/orders?secret=1&x=2' }, { opa: answer });
    expect(reply.ok_response).toMatchObject({
      response_headers_to_add: [{ header: { key: 'set-cookie', value: 'a=b' }, append: { value: true } }],
      query_parameters_to_set: [{ key: 'user', value: 'ann' }],
      query_parameters_to_remove: ['secret'],
    });
  });

  test('a header that cannot be sent is denied, should one ever come this far', () => {
    const snapshot = snapshotOf({ policies: OPA, providers });
    const set = allowed({ headers: [{ name: 'host', value: 'x', action: 'overwrite' }] });
    expect(verdictOn(snapshot, {}, { opa: set }).reason).toBe('header_unsafe');
  });
});

test('an answer that nobody asked for changes nothing', () => {
  const snapshot = snapshotOf({ policies: OPA, providers: both() });
  expect(questionOf(snapshot, {}, { abac: refused() }).provider.name).toBe('opa');
  expect(verdictOn(snapshot, { path: '/other' }, { opa: refused() }).isAllowed).toBe(true);
});

test('the question holds the call as it came', () => {
  const snapshot = snapshotOf({ policies: OPA, providers: both() });
  const bytes = encodeCheck(attributesOf({}));
  expect(questionOf(snapshot, {}).bytes).toEqual(callOf(bytes).bytes);
});
