import * as grpc from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { AUTHORIZATION_SERVICE, createAuthzService, type Snapshot } from '../../../src/authz/index.ts';
import { type Clock, systemClock } from '../../../src/base/index.ts';
import { eventLog } from '../../fakes/events.ts';
import {
  type CheckResponse,
  decodeReply,
  encodeCheck,
  NOW_SECONDS,
  snapshotOf,
} from '../../unit/authz/bed.ts';
import { readTokenVectors, seenBy, wantedBy } from '../../unit/authz/token-vectors.ts';
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
      const seen = verdictOf(await server.call(snapshotFor(vector), vectorCall(vector)));
      const { effect, reason, policy, rule } = vector.expected;
      const wanted = { effect, reason, policy, rule };
      if (JSON.stringify(seen) !== JSON.stringify(wanted)) {
        wrong.push(`${vector.title}: ${JSON.stringify(seen)} in place of ${JSON.stringify(wanted)}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});

describe('token vectors over gRPC', () => {
  it.each([...Map.groupBy(readTokenVectors(), ({ file }) => file)])('%s', async (_, all) => {
    const server = await start({ ...systemClock, nowMillis: () => NOW_SECONDS * 1000 });
    const wrong: string[] = [];
    for (const vector of all) {
      const { attributes, policies, profile, expected } = vector;
      const reply = await server.call(
        snapshotOf({ policies, profiles: { plain: { pathNormalization: 'BASE', ...profile } } }),
        { attributes, metadata: {} },
      );
      const [seen, wanted] = [seenBy(reply, expected), wantedBy(vector)].map((part) => JSON.stringify(part));
      if (seen !== wanted) {
        wrong.push(`${vector.title}: ${seen} in place of ${wanted}`);
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
async function start(clock: Clock = systemClock) {
  let snapshot = snapshotOf();
  const service = createAuthzService({
    currentSnapshot: () => snapshot,
    profile: VECTOR_PROFILE,
    waitForKeys: () => Promise.reject(new Error('no vector fetches keys')),
    clock,
    events: eventLog().sink,
  });
  const { target } = await openListener({ address: LOOPBACK, services: [service] });
  const client = new grpc.Client(target, grpc.credentials.createInsecure());
  cleanUp(() => client.close());
  return {
    call(inForce: Snapshot, { attributes, metadata }: VectorCall) {
      snapshot = inForce;
      return call(client, encodeCheck(attributes), metadata);
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
