import { describe, expect, it } from 'vitest';
import { decide } from '../../../src/authz/index.ts';
import { callOf, encodeCheck, profileOf, see, snapshotOf } from './bed.ts';
import { readTokenVectors, seenBy, wantedBy } from './token-vectors.ts';

const vectors = readTokenVectors();

describe('token vectors', () => {
  it('have names of their own', () => {
    expect(vectors.length).toBeGreaterThanOrEqual(120);
    expect(new Set(vectors.map(({ title }) => title)).size).toBe(vectors.length);
  });

  it.each(vectors.map((vector) => [vector.title, vector] as const))('%s', (_, vector) => {
    const snapshot = snapshotOf({ policies: vector.policies });
    const { reply } = see(
      decide(
        callOf(encodeCheck(vector.attributes), { profile: profileOf('sidecar', vector.profile) }),
        snapshot,
      ),
    );
    expect(seenBy(reply, vector.expected), vector.row).toEqual(wantedBy(vector));
  });
});
