import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { atOnce } from '../../../src/base/index.ts';
import { parseTrustDomain } from '../../../src/identity/index.ts';
import { startEvaluation } from '../../../src/policy/evaluation.ts';
import {
  compilePolicies,
  evaluate,
  explain,
  type PolicySet,
  type Target,
} from '../../../src/policy/index.ts';
import { indexRules, scanRules } from '../../../src/policy/rule-index.ts';
import type { ActionRules } from '../../../src/policy/target-rules.ts';
import { evaluateNaively } from '../../reference/evaluate-naive.ts';
import type { NaivePolicy, NaiveRequest, NaiveTarget } from '../../reference/naive-input.ts';
import { policies, requests, targets } from './arbitrary.ts';
import { mustLoad } from './load.ts';
import { attributesOf, type VectorRequest } from './vectors.ts';

const RUNS = Number(process.env['REFERENCE_RUNS'] ?? 400);
const SEED = Number(process.env['REFERENCE_SEED'] ?? Date.now() % 2 ** 31);
const TIMEOUT_MILLIS = 20_000 + RUNS * 20;

const MESH = {
  trustDomain: parseTrustDomain('td1'),
  trustDomainAliases: ['td2'],
  rootNamespace: 'istio-system',
};

function compile(objects: readonly NaivePolicy[]): PolicySet {
  const text = objects
    .map((object) =>
      JSON.stringify({ apiVersion: 'security.istio.io/v1', kind: 'AuthorizationPolicy', ...object }),
    )
    .join('\n---\n');
  return compilePolicies(mustLoad(text, MESH), MESH);
}

function targetOf(target: NaiveTarget): Target {
  return { ...target, labels: new Map(Object.entries(target.labels)) } as unknown as Target;
}

const manyRequests = fc.array(requests, { minLength: 5, maxLength: 5 });
const seen = { allow: 0, deny: 0 };

describe(`the compiled evaluator, on ${RUNS} random sets of policies with 5 requests each, seed ${SEED}`, {
  timeout: TIMEOUT_MILLIS,
}, () => {
  it('agrees with the reference', () => {
    fc.assert(
      fc.property(policies, targets, manyRequests, (objects, target, list) => {
        const set = compile(objects);
        for (const request of list) {
          const { effect, reason, policy, rule } = evaluate(set, targetOf(target), attributes(request));
          const expected = evaluateNaively(objects, MESH, target, request);
          seen[expected.effect]++;
          expect({
            effect,
            reason,
            ...(policy === undefined ? {} : { policy: `${policy.namespace}/${policy.name}`, rule }),
          }).toEqual(expected);
        }
      }),
      { numRuns: RUNS, seed: SEED },
    );
  });

  it('has met both verdicts often', () => {
    const all = seen.allow + seen.deny;
    expect(seen.allow / all).toBeGreaterThan(0.2);
    expect(seen.deny / all).toBeGreaterThan(0.2);
  });

  it('decides the same when it explains, and by an index as by a plain scan', () => {
    fc.assert(
      fc.property(policies, targets, manyRequests, (objects, naiveTarget, list) => {
        const set = compile(objects);
        const target = targetOf(naiveTarget);
        for (const request of list) {
          expect(explain(set, target, attributes(request)).decision).toEqual(
            evaluate(set, target, attributes(request)),
          );
          const rules = set.forTarget(target).rules(request.tcp ? 'tcp' : 'http');
          const actions: readonly (ActionRules | undefined)[] = Object.values(rules).flat();
          for (const action of actions.filter((some) => some !== undefined)) {
            const evaluation = startEvaluation(attributes(request));
            expect(atOnce(indexRules(action.rules)).first(evaluation)).toBe(
              scanRules(action.rules).first(evaluation),
            );
          }
        }
      }),
      { numRuns: Math.ceil(RUNS / 2), seed: SEED },
    );
  });
});

function attributes(request: NaiveRequest) {
  return attributesOf(request as VectorRequest);
}
