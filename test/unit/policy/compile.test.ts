import { describe, expect, it } from 'vitest';
import { compilePolicies, evaluate, type Target } from '../../../src/policy/index.ts';
import { authorization, MESH, mustLoad } from './load.ts';
import { attributesOf, readVectors } from './vectors.ts';

const WAYPOINT: Target = {
  namespace: 'web',
  kind: 'waypoint',
  labels: new Map([
    ['a', '1'],
    ['b', '2'],
  ]),
  gatewayName: 'wp',
  services: [{ kind: 'Service', namespace: 'shop', name: 'cart' }],
};

describe('a compiled set', () => {
  const set = compilePolicies(mustLoad(authorization('{ action: DENY, rules: [{}] }')), MESH);

  it('prepares equal targets once, whatever the order of their labels', () => {
    const prepared = set.forTarget(WAYPOINT);
    expect(set.forTarget({ ...WAYPOINT })).toBe(prepared);
    expect(set.forTarget({ ...WAYPOINT, labels: new Map([...WAYPOINT.labels].toReversed()) })).toBe(prepared);
  });

  it.each([
    [{ namespace: 'other' }],
    [{ kind: 'gateway' as const }],
    [{ gatewayName: undefined }],
    [{ gatewayName: 'other' }],
    [{ labels: new Map([['a', '1']]) }],
    [
      {
        labels: new Map([
          ['a', '2'],
          ['b', '1'],
        ]),
      },
    ],
    [{ services: [] }],
    [{ services: [{ kind: 'ServiceEntry' as const, namespace: 'shop', name: 'cart' }] }],
  ])('keeps a target that differs in %o apart', (part) => {
    expect(set.forTarget({ ...WAYPOINT, ...part })).not.toBe(set.forTarget(WAYPOINT));
  });

  it('goes on when more targets come than it remembers', () => {
    const attributes = readVectors()
      .slice(0, 1)
      .map((vector) => attributesOf(vector.request));
    const effects = Array.from({ length: 10_050 }, (_, index) => {
      const target = { ...WAYPOINT, kind: 'sidecar' as const, labels: new Map([['a', String(index)]]) };
      return attributes.map((one) => evaluate(set, target, one).effect);
    });
    expect(new Set(effects.flat())).toEqual(new Set(['deny']));
  });

  it('is plain data that can be posted to a worker', () => {
    expect(structuredClone(set.objects)).toEqual(set.objects);
  });
});
