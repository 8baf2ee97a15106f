import * as grpc from '@grpc/grpc-js';
import { AUTHORIZATION_SERVICE, createAuthzService, type Snapshot } from '../../../src/authz/index.ts';
import { type Clock, systemClock } from '../../../src/base/index.ts';
import { type EventLog, eventLog } from '../../fakes/events.ts';
import { type CheckResponse, decodeReply, encodeCheck, snapshotOf } from '../../unit/authz/bed.ts';
import { VECTOR_PROFILE, type VectorCall } from '../../unit/authz/vector-call.ts';
import { cleanUp, LOOPBACK, openListener } from '../grpc/bed.ts';

/** A running authorization service of which each call finds the snapshot that was put in force for it. */
export interface VectorServer {
  readonly log: EventLog;
  putInForce(snapshot: Snapshot): void;
  call(call: VectorCall): Promise<CheckResponse>;
}

export async function startVectorServer(
  clock: Clock = systemClock,
  address: Parameters<typeof openListener>[0]['address'] = LOOPBACK,
): Promise<VectorServer> {
  let inForce = snapshotOf();
  const log = eventLog();
  const service = createAuthzService({
    currentSnapshot: () => inForce,
    profile: VECTOR_PROFILE,
    waitForKeys: () => Promise.reject(new Error('no vector fetches keys')),
    clock,
    events: log.sink,
  });
  const { target } = await openListener({ address, services: [service] });
  const client = new grpc.Client(target, grpc.credentials.createInsecure());
  cleanUp(() => client.close());
  return {
    log,
    putInForce(snapshot) {
      inForce = snapshot;
    },
    call: ({ attributes, metadata }) => call(client, encodeCheck(attributes), metadata),
  };
}

function call(client: grpc.Client, bytes: Buffer, metadata: VectorCall['metadata']): Promise<CheckResponse> {
  const entries = new grpc.Metadata();
  for (const [name, value] of Object.entries(metadata)) {
    entries.set(name, value);
  }
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      `/${AUTHORIZATION_SERVICE}/Check`,
      (message: Buffer) => message,
      decodeReply,
      bytes,
      entries,
      (error, response) => (error === null && response !== undefined ? resolve(response) : reject(error)),
    );
  });
}
