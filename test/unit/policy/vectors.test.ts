import { describe, expect, it } from 'vitest';
import {
  compilePolicies,
  type Decision,
  evaluate,
  explain,
  type PolicyRef,
} from '../../../src/policy/index.ts';
import { mustLoad } from './load.ts';
import { attributesOf, readVectors, type Vector, type VectorVerdict } from './vectors.ts';

const vectors = readVectors();

describe('vectors', () => {
  it('are many, and each row with rules has a hit and a miss', () => {
    expect(vectors.length).toBeGreaterThanOrEqual(400);
    expect(new Set(vectors.map((vector) => vector.title)).size).toBe(vectors.length);
  });

  it.each(vectors.map((vector) => [vector.title, vector] as const))('%s', (_, vector) => {
    const set = compilePolicies(mustLoad(vector.policies, vector.mesh), vector.mesh);
    const attributes = attributesOf(vector.request);
    expect(shown(evaluate(set, vector.target, attributes)), vector.row).toEqual(wanted(vector));
    expect(shown(explain(set, vector.target, attributes).decision), vector.row).toEqual(wanted(vector));
  });
});

function shown(decision: Decision): VectorVerdict {
  const verdict = ({ effect, reason, policy, rule }: Omit<Decision, 'shadow' | 'ifEnforced'>) => ({
    effect,
    reason,
    ...(policy === undefined ? {} : { policy: nameOf(policy) }),
    ...(rule === undefined ? {} : { rule }),
  });
  return {
    ...verdict(decision),
    shadow: decision.shadow.map(
      ({ mode, action, policy, rule }) => `${mode} ${action} ${nameOf(policy)} ${rule}`,
    ),
    ...(decision.ifEnforced === undefined ? {} : { ifEnforced: verdict(decision.ifEnforced) }),
  } as VectorVerdict;
}

function wanted(vector: Vector): VectorVerdict {
  return vector.expected;
}

function nameOf(policy: PolicyRef): string {
  return `${policy.namespace}/${policy.name}`;
}
