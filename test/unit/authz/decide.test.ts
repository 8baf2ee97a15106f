import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decide } from '../../../src/authz/index.ts';
import {
  ask,
  attributesOf,
  callOf,
  decodeReply,
  encodeCheck,
  FRONTEND,
  ORDERS,
  policy,
  profileOf,
  see,
  snapshotOf,
  socket,
} from './bed.ts';

const ALLOW_GET = policy('ALLOW', '[{ to: [{ operation: { methods: [GET] } }] }]', 'reads');

describe('verdicts', () => {
  test('an allow says by which policy and rule, and changes nothing', () => {
    const { isAllowed, record, reply } = ask(snapshotOf({ policies: ALLOW_GET }), {
      path: '/orders?token=secret',
      headers: { 'x-request-id': 'id-1', authorization: 'Bearer secret' },
    });
    expect(isAllowed).toBe(true);
    expect(record).toEqual({
      effect: 'allow',
      reason: 'allowed_by_policy',
      withoutCertificate: true,
      policy: 'shop/reads',
      rule: 0,
      profile: 'sidecar',
      destination: 'shop/orders',
      source: FRONTEND,
      transport: 'http',
      requestId: 'id-1',
      method: 'GET',
      host: 'orders.shop',
      path: '/orders',
      shadow: undefined,
      cause: undefined,
    });
    expect(reply.ok_response).toMatchObject({
      headers: [],
      headers_to_remove: [],
      query_parameters_to_remove: [],
    });
    expect(reply.dynamic_metadata?.fields).toMatchObject({
      effect: { stringValue: 'allow' },
      reason: { stringValue: 'allowed_by_policy' },
      policy: { stringValue: 'shop/reads' },
      rule: { numberValue: 0 },
      workload: { stringValue: 'shop/orders' },
      profile: { stringValue: 'sidecar' },
    });
  });

  test('a denial looks like Envoy’s own, with the reason beside it', () => {
    const { reply, reason } = ask(snapshotOf({ policies: ALLOW_GET }), { method: 'POST' });
    expect(reason).toBe('denied_no_rule');
    expect(reply.status).toMatchObject({ code: 7 });
    expect(reply.denied_response).toMatchObject({
      status: { code: 'Forbidden' },
      body: 'RBAC: access denied',
      headers: [
        {
          header: { key: 'x-sallyport-reason', value: 'denied_no_rule' },
          append: { value: false },
          append_action: 'OVERWRITE_IF_EXISTS_OR_ADD',
        },
      ],
    });
    expect(reply.dynamic_metadata?.fields['reason']?.stringValue).toBe('denied_no_rule');
  });

  test('the reason header can be switched off, the metadata stays', () => {
    const profile = profileOf('sidecar', { reasonHeader: false });
    const { reply } = ask(snapshotOf({ policies: ALLOW_GET }), { method: 'POST', profile });
    expect(reply.denied_response?.headers).toEqual([]);
    expect(reply.dynamic_metadata?.fields['reason']?.stringValue).toBe('denied_no_rule');
  });

  test('no policy allows, DENY beats ALLOW', () => {
    expect(ask(snapshotOf()).reason).toBe('allowed_no_policy');
    const both = ALLOW_GET + policy('DENY', "[{ to: [{ operation: { paths: ['/orders'] } }] }]", 'closed');
    expect(ask(snapshotOf({ policies: both })).record).toMatchObject({
      reason: 'denied_by_policy',
      policy: 'shop/closed',
      rule: 0,
    });
  });

  test('plain text to a workload that wants mTLS is refused before its token is looked at', () => {
    const strict = `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { namespace: shop, name: strict }
spec: { mtls: { mode: STRICT } }
---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { namespace: shop, name: users }
spec: { jwtRules: [{ issuer: i, jwksUri: 'https://i/keys' }] }
`;
    const snapshot = snapshotOf({ policies: strict });
    const headers = { authorization: 'Bearer bad' };
    expect(ask(snapshot, { source: { principal: '' }, headers }).record).toMatchObject({
      reason: 'denied_plaintext',
      policy: 'shop/strict',
    });
    expect(ask(snapshot, { headers }).reason).toBe('token_malformed');
  });

  test('shadow verdicts of AUDIT and dry-run policies are in the record', () => {
    const dry = `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { namespace: shop, name: later, annotations: { istio.io/dry-run: "true" } }
spec: { action: DENY, rules: [{}] }
`;
    expect(ask(snapshotOf({ policies: dry })).record).toMatchObject({
      effect: 'allow',
      shadow: ['dry_run DENY shop/later#0'],
    });
  });
});

describe('TCP', () => {
  const ends = {
    source: { principal: FRONTEND, address: socket('10.0.0.7', 1) },
    destination: { principal: ORDERS, address: socket('10.0.0.8', 5432), service: 'Db.Shop' },
  };
  const byName = policy('ALLOW', '[{ when: [{ key: connection.sni, values: [db.shop] }] }]');

  test('a connection is judged without HTTP', () => {
    const seen = see(decide(callOf(encodeCheck(ends)), snapshotOf()));
    expect(seen.record).toMatchObject({ reason: 'allowed_no_policy', transport: 'tcp', path: undefined });
  });

  test('an ALLOW on HTTP attributes lets no connection pass', () => {
    const seen = see(decide(callOf(encodeCheck(ends)), snapshotOf({ policies: ALLOW_GET })));
    expect(seen.reason).toBe('denied_no_rule');
  });

  test('the server name is the destination’s service, in lower case, unless the session names one', () => {
    const snapshot = snapshotOf({ policies: byName });
    expect(see(decide(callOf(encodeCheck(ends)), snapshot)).isAllowed).toBe(true);
    const named = encodeCheck({ ...ends, tls_session: { sni: 'other.shop' } });
    expect(see(decide(callOf(named), snapshot)).isAllowed).toBe(false);
    const http = { ...attributesOf(), destination: ends.destination };
    expect(see(decide(callOf(encodeCheck(http)), snapshot)).isAllowed).toBe(false);
  });

  test('a server name is lowered as Envoy does it: letters of no ASCII stand for none that a rule names', () => {
    const snapshot = snapshotOf({ policies: byName.replace('db.shop', 'desk.shop') });
    const named = (sni: string) => callOf(encodeCheck({ ...ends, tls_session: { sni } }));
    expect(see(decide(named('DESK.shop'), snapshot)).isAllowed).toBe(true);
    expect(see(decide(named('des\u212a.shop'), snapshot)).isAllowed).toBe(false);
  });

  test('a connection without a server name has none, and that is known', () => {
    const denied = snapshotOf({
      policies: policy('DENY', '[{ when: [{ key: connection.sni, values: [db.shop] }] }]'),
    });
    const nameless = { ...ends, destination: { ...ends.destination, service: '' } };
    expect(see(decide(callOf(encodeCheck(nameless)), denied)).isAllowed).toBe(true);
    expect(see(decide(callOf(encodeCheck(ends)), denied)).isAllowed).toBe(false);
  });

  test.each([
    ['nothing', {}],
    ['no destination', { source: ends.source }],
    ['no source', { destination: ends.destination }],
  ])('%s is no connection', (_, attributes) => {
    const bytes = encodeCheck({ ...attributes, context_extensions: { 'sallyport.workload': 'shop/orders' } });
    expect(see(decide(callOf(bytes), snapshotOf())).reason).toBe('request_malformed');
  });
});

describe('whatever comes in', () => {
  const snapshot = snapshotOf();
  const fallback = profileOf('sidecar', { fallbackWorkload: 'shop/orders' });

  test.each([
    ['empty', Buffer.alloc(0)],
    ['cut off', encodeCheck(attributesOf()).subarray(0, 40)],
    ['without attributes', Buffer.from('120161', 'hex')],
    ['not protobuf', Buffer.from('GET / HTTP/1.1')],
  ])('a message that is %s is denied', (_, bytes) => {
    const seen = see(decide(callOf(bytes, { profile: fallback }), snapshot));
    expect(seen.reason).toBe('request_malformed');
    expect(seen.reply.status?.code).toBe(7);
    expect(seen.reply.denied_response?.status.code).toBe('Forbidden');
  });

  test('the reply is never empty, and code 0 means allow', () => {
    const whole = encodeCheck(attributesOf({ headers: { 'x-a': 'b' } }));
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 100 }),
          fc
            .tuple(fc.nat(whole.length - 1), fc.nat(255))
            .map(([at, byte]) => Buffer.from(whole).fill(byte, at, at + 1)),
          fc.nat(whole.length).map((end) => whole.subarray(0, end)),
        ),
        (bytes) => {
          const outcome = decide(callOf(bytes), snapshot);
          expect(outcome.kind).toBe('reply');
          if (outcome.kind === 'reply') {
            const reply = decodeReply(outcome.bytes);
            expect(outcome.bytes.length).toBeGreaterThan(0);
            expect(reply.status).not.toBeNull();
            expect(reply.status?.code === 0).toBe(outcome.record.effect === 'allow');
            expect(reply.http_response).toBe(
              outcome.record.effect === 'allow' ? 'ok_response' : 'denied_response',
            );
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test('a failure inside is a denial that keeps its cause for the log', () => {
    const broken = {
      ...snapshot,
      isRevoked: () => false,
      directory: {
        ...snapshot.directory,
        byIdentity: () => {
          throw new Error('directory is broken');
        },
      },
    };
    const seen = see(decide(callOf(encodeCheck(attributesOf())), broken));
    expect(seen.reason).toBe('evaluation_failed');
    expect(seen.record.cause).toMatchObject({ message: 'directory is broken' });
    expect(seen.reply.denied_response?.body).toBe('RBAC: access denied');
  });
});

describe('profiles', () => {
  test('a route may name another profile', () => {
    const snapshot = snapshotOf({ profiles: { loose: { like: 'sidecar', pathNormalization: 'NONE' } } });
    const path = '/a/../b';
    expect(ask(snapshot, { path }).reason).toBe('path_not_normalized');
    const seen = ask(snapshot, { path, extensions: { 'sallyport.profile': 'loose' } });
    expect(seen.record).toMatchObject({ reason: 'allowed_no_policy', profile: 'loose' });
  });

  test('a path of two slashes alone is what Envoy leaves where it merges them', () => {
    const profile = profileOf('sidecar', { pathNormalization: 'MERGE_SLASHES' });
    expect(ask(snapshotOf(), { path: '//', profile }).reason).toBe('allowed_no_policy');
    expect(ask(snapshotOf(), { path: '///', profile }).reason).toBe('path_not_normalized');
  });

  test('an unknown profile is a denial', () => {
    expect(ask(snapshotOf(), { extensions: { 'sallyport.profile': 'none' } }).reason).toBe('profile_unknown');
  });
});
