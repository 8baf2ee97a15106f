import { atOnce } from '../base/index.ts';
import type { Attributes } from './attributes.ts';
import { type CompiledCondition, type CompiledRule, compileRules } from './compile-rule.ts';
import type { Decision, PolicyRef } from './decision.ts';
import { decide, FAILED } from './evaluate.ts';
import { type Evaluation, startEvaluation } from './evaluation.ts';
import type { AuthorizationPolicy, PolicyAction } from './model.ts';
import type { PolicySet } from './policy-set.ts';
import type { Target } from './target.ts';

/** A decision with every condition of every policy that holds for the target. */
export interface Explanation {
  readonly decision: Decision;
  readonly policies: readonly PolicyTrace[];
}

export interface PolicyTrace {
  readonly policy: PolicyRef;
  readonly action: PolicyAction;
  /** Of a CUSTOM policy: who is asked before the decision, which then never falls when it denies. */
  readonly provider?: string;
  readonly dryRun: boolean;
  readonly rules: readonly RuleTrace[];
  /** Indices of rules that cannot hold on this transport. */
  readonly dropped: readonly number[];
}

export interface RuleTrace {
  readonly index: number;
  readonly holds: boolean;
  /** Alternatives, of which one has to hold; none is no restriction. */
  readonly from: readonly (readonly ConditionTrace[])[];
  readonly to: readonly (readonly ConditionTrace[])[];
  readonly when: readonly ConditionTrace[];
}

export interface ConditionTrace {
  /** `from[0].source.notPrincipals`; values of the request are not repeated. */
  readonly field: string;
  readonly holds: boolean;
}

/**
 * Evaluates again, looking at every rule instead of the first that an index finds, and keeps what each
 * condition said. Total, like `evaluate`, and of the same decision.
 */
export function explain(set: PolicySet, target: Target, attributes: Attributes): Explanation {
  try {
    const policies = set.forTarget(target);
    const evaluation = startEvaluation(attributes);
    const decision = decide(policies, target, evaluation, (rules) =>
      rules.rules.find((rule) => traceRule(rule, evaluation).holds),
    );
    return {
      decision,
      policies: policies.authorization.map((policy) => tracePolicy(policy, evaluation)),
    };
  } catch {
    return { decision: FAILED, policies: [] };
  }
}

function tracePolicy(policy: AuthorizationPolicy, evaluation: Evaluation): PolicyTrace {
  const compiled = atOnce(compileRules(policy, evaluation.attributes.transport));
  const kept = new Set(compiled.map((rule) => rule.index));
  return {
    policy: policy.ref,
    action: policy.action,
    ...(policy.provider === undefined ? {} : { provider: policy.provider }),
    dryRun: policy.dryRun,
    rules: compiled.map((rule) => traceRule(rule, evaluation)),
    dropped: policy.rules.map((rule) => rule.index).filter((index) => !kept.has(index)),
  };
}

function traceRule(rule: CompiledRule, evaluation: Evaluation): RuleTrace {
  const trace = (group: readonly CompiledCondition[]) =>
    group.map((condition) => ({ field: condition.field, holds: condition.holds(evaluation) }));
  const from = rule.from.map(trace);
  const to = rule.to.map(trace);
  const when = trace(rule.when);
  const oneHolds = (groups: RuleTrace['from']) => groups.length === 0 || groups.some(allHold);
  return { index: rule.index, holds: oneHolds(from) && oneHolds(to) && allHold(when), from, to, when };
}

function allHold(group: readonly ConditionTrace[]): boolean {
  return group.every((condition) => condition.holds);
}
