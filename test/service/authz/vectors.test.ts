import * as grpc from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { AUTHORIZATION_SERVICE, createAuthzService, type Snapshot } from '../../../src/authz/index.ts';
import { systemClock } from '../../../src/base/index.ts';
import { eventLog } from '../../fakes/events.ts';
import { type CheckResponse, decodeReply, encodeCheck, snapshotOf } from '../../unit/authz/bed.ts';
import {
  VECTOR_PROFILE,
  VECTOR_PROFILES,
  type VectorCall,
  vectorCall,
  vectorWorkloads,
  whyNotCallable,
} from '../../unit/authz/vector-call.ts';
import { readVectors, type Vector } from '../../unit/policy/vectors.ts';
import { cleanUp, LOOPBACK, openListener } from '../grpc/bed.ts';

const vectors = readVectors();
const callable = vectors.filter((vector) => whyNotCallable(vector) === undefined);

describe('policy vectors over gRPC', () => {
  it('are nearly all there are; the others are counted by what a CheckRequest cannot say', () => {
    const others = Map.groupBy(vectors, (vector) => whyNotCallable(vector) ?? 'callable');
    const counts = Object.fromEntries([...others].map(([why, all]) => [why, all.length]));
    expect(counts['callable']).toBe(callable.length);
    expect(callable.length / vectors.length, JSON.stringify(counts)).toBeGreaterThan(0.9);
  });

  it.each([...Map.groupBy(callable, ({ file }) => file)])('%s', async (_, all) => {
    const server = await start();
    const wrong: string[] = [];
    for (const vector of all) {
      const seen = await server.ask(snapshotFor(vector), vectorCall(vector));
      const { effect, reason, policy, rule } = vector.expected;
      const wanted = { effect, reason, policy, rule };
      if (JSON.stringify(seen) !== JSON.stringify(wanted)) {
        wrong.push(`${vector.title}: ${JSON.stringify(seen)} in place of ${JSON.stringify(wanted)}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});

function snapshotFor(vector: Vector): Snapshot {
  const { policies, mesh } = vector;
  return snapshotOf({ policies, mesh, workloads: vectorWorkloads(vector), profiles: VECTOR_PROFILES });
}

/** A server of which each call finds the snapshot that it brings along in force. */
async function start() {
  let snapshot = snapshotOf();
  const service = createAuthzService({
    currentSnapshot: () => snapshot,
    profile: VECTOR_PROFILE,
    waitForKeys: () => Promise.reject(new Error('no vector fetches keys')),
    clock: systemClock,
    events: eventLog().sink,
  });
  const { target } = await openListener({ address: LOOPBACK, services: [service] });
  const client = new grpc.Client(target, grpc.credentials.createInsecure());
  cleanUp(() => client.close());
  return {
    async ask(inForce: Snapshot, { attributes, metadata }: VectorCall) {
      snapshot = inForce;
      return verdictOf(await call(client, encodeCheck(attributes), metadata));
    },
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

function verdictOf({ status, dynamic_metadata: metadata }: CheckResponse) {
  const text = (name: string) => metadata?.fields[name]?.stringValue;
  return {
    effect: (status?.code ?? 0) === 0 ? 'allow' : 'deny',
    reason: text('reason'),
    policy: text('policy'),
    rule: metadata?.fields['rule']?.numberValue,
  };
}
