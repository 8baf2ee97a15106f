import * as grpc from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import {
  AUTHORIZATION_SERVICE,
  type AuthzServiceOptions,
  createAuthzService,
} from '../../../src/authz/index.ts';
import { systemClock } from '../../../src/base/index.ts';
import type { KeySetState } from '../../../src/jwt/index.ts';
import { type EventLog, eventLog } from '../../fakes/events.ts';
import { testDefinitions } from '../../fakes/proto-files.ts';
import {
  attributesOf,
  type CheckResponse,
  inline,
  policy,
  profileOf,
  snapshotOf,
  tokenIssuer,
} from '../../unit/authz/bed.ts';
import { cleanUp, LOOPBACK, openListener } from '../grpc/bed.ts';

/** A client with the codecs of our .proto files, against the service that passes bytes. */
const Client = grpc.makeClientConstructor(
  testDefinitions().service(AUTHORIZATION_SERVICE) as grpc.ServiceDefinition,
  'Authorization',
);

interface Answered {
  readonly error: grpc.ServiceError | undefined;
  readonly response: CheckResponse | undefined;
}

interface Bench {
  readonly log: EventLog;
  check(request: object, options?: grpc.CallOptions, metadata?: grpc.Metadata): Promise<Answered>;
  /** Any bytes in place of a message. */
  raw(bytes: Buffer): Promise<Answered>;
}

async function bench(options: Partial<AuthzServiceOptions> = {}): Promise<Bench> {
  const log = eventLog();
  const service = createAuthzService({
    currentSnapshot: () => snapshotOf(),
    profile: profileOf('sidecar'),
    waitForKeys: () => Promise.reject(new Error('nobody fetches')),
    clock: systemClock,
    events: log.sink,
    ...options,
  });
  const { target } = await openListener({ address: LOOPBACK, services: [service] });
  const client = new Client(target, grpc.credentials.createInsecure());
  cleanUp(() => client.close());
  const codec = testDefinitions();
  const call = (bytes: Buffer, metadata: grpc.Metadata, callOptions: grpc.CallOptions): Promise<Answered> =>
    new Promise((resolve) => {
      client.makeUnaryRequest(
        `/${AUTHORIZATION_SERVICE}/Check`,
        (message: Buffer) => message,
        (message: Buffer) =>
          codec.decodeMessage('envoy.service.auth.v3.CheckResponse', message) as CheckResponse,
        bytes,
        metadata,
        callOptions,
        (error, response) => resolve({ error: error ?? undefined, response }),
      );
    });
  return {
    log,
    check: (attributes, callOptions = {}, metadata = new grpc.Metadata()) =>
      call(
        Buffer.from(codec.encodeMessage('envoy.service.auth.v3.CheckRequest', { attributes })),
        metadata,
        callOptions,
      ),
    raw: (bytes) => call(bytes, new grpc.Metadata(), {}),
  };
}

describe('revocation where Envoy sends no certificates', () => {
  const source = { principal: 'spiffe://example.org/ns/web/sa/frontend' };

  test('is told once for each listener, and only when something is revoked', async () => {
    let isAnything = false;
    const { check, log } = await bench({ revocations: { listener: 'checks', exist: () => isAnything } });
    await check(attributesOf({ source }));
    expect(log.named('authz.revocation_blind')).toEqual([]);
    isAnything = true;
    await check(attributesOf({ source: { principal: '' } }));
    expect(log.named('authz.revocation_blind')).toEqual([]);
    await check(attributesOf({ source }));
    await check(attributesOf({ source }));
    expect(log.named('authz.revocation_blind').map(({ fields }) => fields)).toEqual([
      { listener: 'checks', profile: 'sidecar' },
    ]);
  });
});

const ALLOW_GET = policy('ALLOW', '[{ to: [{ operation: { methods: [GET] } }] }]', 'reads');

describe('Check over gRPC', () => {
  test('allows and denies, and tells each verdict once', async () => {
    const snapshot = snapshotOf({ policies: ALLOW_GET });
    const { check, log } = await bench({ currentSnapshot: () => snapshot });
    const allowed = await check(attributesOf({ headers: { 'x-request-id': 'r1' } }));
    expect(allowed.response?.status?.code).toBe(0);
    expect(allowed.response?.http_response).toBe('ok_response');
    const denied = await check(attributesOf({ method: 'POST', headers: { 'x-request-id': 'r2' } }));
    expect(denied.response?.status?.code).toBe(7);
    expect(denied.response?.denied_response?.body).toBe('RBAC: access denied');
    const events = log.named('authz.decision');
    expect(events.map(({ level, fields }) => [level, fields?.['requestId'], fields?.['reason']])).toEqual([
      ['info', 'r1', 'allowed_by_policy'],
      ['info', 'r2', 'denied_no_rule'],
    ]);
    expect(events[0]?.fields).toMatchObject({ policy: 'shop/reads', rule: 0, destination: 'shop/orders' });
    expect(events[0]?.fields?.['durationMicros']).toBeGreaterThan(0);
  });

  test('our own codec of the definitions reaches it too', async () => {
    const { check } = await bench();
    expect((await check(attributesOf())).response?.dynamic_metadata?.fields['reason']?.stringValue).toBe(
      'allowed_no_policy',
    );
  });

  test.each([
    ['empty', Buffer.alloc(0)],
    ['cut off', Buffer.from('0aff', 'hex')],
    ['text', Buffer.from('hello')],
  ])('a message that is %s is denied, not an error', async (_, bytes) => {
    const { raw, log } = await bench();
    const { error, response } = await raw(bytes);
    expect(error).toBeUndefined();
    expect(response?.status?.code).toBe(7);
    expect(log.named('authz.decision')[0]?.fields).toMatchObject({ reason: 'request_malformed' });
  });

  test('before the first snapshot there is no verdict', async () => {
    const { check } = await bench({ currentSnapshot: () => undefined });
    const { response } = await check(attributesOf());
    expect(response?.status).toMatchObject({ code: 14, message: 'not_ready' });
    expect(response?.denied_response?.status.code).toBe('ServiceUnavailable');
  });

  test('a snapshot takes the place of another between two calls', async () => {
    let snapshot = snapshotOf({ policies: ALLOW_GET });
    const { check } = await bench({ currentSnapshot: () => snapshot });
    expect((await check(attributesOf())).response?.status?.code).toBe(0);
    snapshot = snapshotOf({ policies: policy('DENY', '[{}]') });
    expect((await check(attributesOf())).response?.status?.code).toBe(7);
  });

  test('metadata of the call is believed where the profile says so', async () => {
    const policies = policy('ALLOW', '[{ from: [{ source: { remoteIpBlocks: [198.51.100.7] } }] }]');
    const metadata = new grpc.Metadata();
    metadata.set('x-sallyport-remote-address', '198.51.100.7');
    const codes = [];
    for (const trustCallMetadata of [true, false]) {
      const profiles = { sidecar: { trustCallMetadata } };
      const snapshot = snapshotOf({ policies, profiles });
      const { check } = await bench({ currentSnapshot: () => snapshot });
      codes.push((await check(attributesOf(), {}, metadata)).response?.status?.code);
    }
    expect(codes).toEqual([0, 7]);
  });
});

describe('a key set never seen', () => {
  const RULES = `
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { namespace: shop, name: users }
spec: { jwtRules: [{ issuer: 'https://i', jwksUri: 'https://i/keys' }] }
`;

  async function withToken(): Promise<{ readonly jwks: string; readonly attributes: object }> {
    const { jwks, sign } = await tokenIssuer();
    const token = await sign({ iss: 'https://i', sub: 'ann', exp: Math.floor(Date.now() / 1000) + 60 });
    return { jwks, attributes: attributesOf({ headers: { authorization: `Bearer ${token}` } }) };
  }

  test('is waited for within the deadline of the call', async () => {
    const { jwks, attributes } = await withToken();
    const fetched = new Map<string, KeySetState>();
    const snapshot = snapshotOf({ policies: RULES, fetched });
    const { check } = await bench({
      currentSnapshot: () => snapshot,
      waitForKeys: async (ids) => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        for (const id of ids) {
          fetched.set(id, inline(jwks));
        }
      },
    });
    const { response } = await check(attributes, { deadline: Date.now() + 2000 });
    expect(response?.status?.code).toBe(0);
  });

  test('that does not come is answered before the caller gives up', async () => {
    const { attributes } = await withToken();
    const snapshot = snapshotOf({ policies: RULES });
    const { check } = await bench({
      currentSnapshot: () => snapshot,
      waitForKeys: () => new Promise(() => {}),
    });
    const { error, response } = await check(attributes, { deadline: Date.now() + 400 });
    expect(error).toBeUndefined();
    expect(response?.status).toMatchObject({ code: 14, message: 'keys_unavailable' });
  });

  test('can be answered by UNAVAILABLE', async () => {
    const { attributes } = await withToken();
    const snapshot = snapshotOf({ policies: RULES, profiles: { sidecar: { cannotDecide: 'unavailable' } } });
    const { check, log } = await bench({ currentSnapshot: () => snapshot });
    const { error } = await check(attributes, { deadline: Date.now() + 400 });
    expect(error?.code).toBe(grpc.status.UNAVAILABLE);
    expect(log.named('authz.decision')[0]).toMatchObject({
      fields: { effect: 'undecided', reason: 'keys_unavailable' },
      error: { message: 'nobody fetches' },
    });
  });
});
