import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/index.ts';
import { type CheckResponse, NOW_SECONDS, snapshotOf } from '../../unit/authz/bed.ts';
import { readTokenVectors, seenBy, wantedBy } from '../../unit/authz/token-vectors.ts';
import { vectorCall, vectorSnapshot, whyNotCallable } from '../../unit/authz/vector-call.ts';
import { readVectors } from '../../unit/policy/vectors.ts';
import { startVectorServer } from './vector-server.ts';

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
    const server = await startVectorServer();
    const wrong: string[] = [];
    for (const vector of all) {
      server.putInForce(vectorSnapshot(vector));
      const seen = verdictOf(await server.call(vectorCall(vector)));
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
    const server = await startVectorServer({ ...systemClock, nowMillis: () => NOW_SECONDS * 1000 });
    const wrong: string[] = [];
    for (const vector of all) {
      const { attributes, policies, profile, expected } = vector;
      server.putInForce(
        snapshotOf({ policies, profiles: { plain: { pathNormalization: 'BASE', ...profile } } }),
      );
      const reply = await server.call({ attributes, metadata: {} });
      const [seen, wanted] = [seenBy(reply, expected), wantedBy(vector)].map((part) => JSON.stringify(part));
      if (seen !== wanted) {
        wrong.push(`${vector.title}: ${seen} in place of ${wanted}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});

function verdictOf({ status, dynamic_metadata: metadata }: CheckResponse) {
  const text = (name: string) => metadata?.fields[name]?.stringValue;
  return {
    effect: (status?.code ?? 0) === 0 ? 'allow' : 'deny',
    reason: text('reason'),
    policy: text('policy'),
    rule: metadata?.fields['rule']?.numberValue,
  };
}
