import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { systemClock, systemRandom } from '../../../src/base/index.ts';
import { caOptions } from '../../../src/ca/options.ts';
import type { GrpcListener } from '../../../src/grpc/index.ts';
import { parseTrustDomain } from '../../../src/identity/index.ts';
import { createIssuer, type SallyportIssuer } from '../../../src/issuer/index.ts';
import { createWorkloadApi, type WorkloadApiOptions } from '../../../src/spiffe/index.ts';
import { openState } from '../../../src/store/index.ts';
import type { RegistrationEntry } from '../../../src/workload/index.ts';
import { entryFor, type FakeEntries, fakeEntries } from '../../fakes/entries.ts';
import { type EventLog, eventLog } from '../../fakes/events.ts';
import { testDefinitions } from '../../fakes/proto-files.ts';
import { cleanUp, openListener, socketPath } from '../grpc/bed.ts';
import { type SeenStream, seenStream } from '../grpc/seen-stream.ts';

export const TRUST_DOMAIN = parseTrustDomain('example.org');
export const ORDERS = 'spiffe://example.org/ns/shop/sa/orders';
export const BILLING = 'spiffe://example.org/ns/shop/sa/billing';
/** What a caller of the bed's listener shows. */
export const SELECTOR = 'sallyport:socket:test';

export interface ApiBed {
  readonly issuer: SallyportIssuer;
  readonly entries: FakeEntries;
  readonly listener: GrpcListener;
  readonly log: EventLog;
  readonly api: { readonly openStreams: number };
  readonly client: ApiClient;
  /** One more connection. */
  newClient(): ApiClient;
}

/** The service over the real issuer, on a Unix socket. */
export async function apiBed(
  entries: readonly RegistrationEntry[] = [entryFor(ORDERS, [SELECTOR])],
  options: Partial<WorkloadApiOptions> = {},
): Promise<ApiBed> {
  const folder = mkdtempSync(join(tmpdir(), 'sp-'));
  const state = openState(join(folder, 'state'));
  const log = eventLog();
  const issuer = await createIssuer({
    state,
    trustDomain: TRUST_DOMAIN,
    options: caOptions.parse({}),
    clock: systemClock,
    random: systemRandom,
    events: log.sink,
  });
  cleanUp(() => {
    issuer.stop();
    state.close();
    rmSync(folder, { recursive: true });
  });
  const source = fakeEntries(TRUST_DOMAIN, ...entries);
  const api = createWorkloadApi({
    definitions: testDefinitions(),
    issuer,
    entries: source,
    clock: systemClock,
    events: log.sink,
    ...options,
  });
  cleanUp(() => api.stop());
  const { listener, target } = await openListener({
    address: { kind: 'unix', path: socketPath(), mode: 0o600, mayTakeOver: false },
    services: [api.source],
  });
  const newClient = (): ApiClient => apiClient(target);
  return { issuer, entries: source, listener, log, api, client: newClient(), newClient };
}

export interface ApiStream<Response> extends SeenStream<Response> {
  cancel(): void;
}

export interface ApiClient {
  stream<Response>(method: string, headers?: Readonly<Record<string, string>>): ApiStream<Response>;
  unary<Response>(
    method: string,
    request: object,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Response>;
}

export const HEADER = { 'workload.spiffe.io': 'true' };

type Method = grpc.MethodDefinition<object, object>;

function apiClient(target: string): ApiClient {
  const client = new grpc.Client(target, grpc.credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
  });
  cleanUp(() => client.close());
  const methodOf = (name: string): Method =>
    testDefinitions().service('SpiffeWorkloadAPI')[name] as unknown as Method;
  return {
    stream(name, headers = HEADER) {
      const method = methodOf(name);
      const call = client.makeServerStreamRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        {},
        metadataOf(headers),
      );
      return { ...seenStream(call), cancel: () => call.cancel() };
    },
    unary: <Response>(name: string, request: object, headers = HEADER) =>
      new Promise<Response>((resolve, reject) => {
        const method = methodOf(name);
        client.makeUnaryRequest(
          method.path,
          method.requestSerialize,
          method.responseDeserialize,
          request,
          metadataOf(headers),
          { deadline: Date.now() + 10_000 },
          (error, response) => (error ? reject(error) : resolve(response as Response)),
        );
      }),
  };
}

function metadataOf(headers: Readonly<Record<string, string>>): grpc.Metadata {
  const metadata = new grpc.Metadata();
  for (const [name, value] of Object.entries(headers)) {
    metadata.set(name, value);
  }
  return metadata;
}
