import type { Attributes } from './attributes.ts';
import type { CompiledRule } from './compile-rule.ts';
import type { Decision, DecisionReason, ShadowResult } from './decision.ts';
import { type Evaluation, startEvaluation } from './evaluation.ts';
import { modeAt } from './peer-mode.ts';
import type { PolicySet, TargetPolicies } from './policy-set.ts';
import type { Target } from './target.ts';
import type { ActionRules } from './target-rules.ts';

/**
 * Judges one request or connection: synchronous, without I/O or clock, and total: what goes wrong in here
 * is a denial. Istio specification, section 1.2.
 */
export function evaluate(set: PolicySet, target: Target, attributes: Attributes): Decision {
  try {
    return decide(set.forTarget(target), target, startEvaluation(attributes), findFirst);
  } catch {
    return FAILED;
  }
}

/** How the first rule that holds is found; `explain` looks at every rule instead. */
export type FindFirst = (rules: ActionRules, evaluation: Evaluation) => CompiledRule | undefined;

export const FAILED: Decision = {
  effect: 'deny',
  reason: 'evaluation_failed',
  policy: undefined,
  rule: undefined,
  shadow: [],
};

export function decide(
  policies: TargetPolicies,
  target: Target,
  evaluation: Evaluation,
  find: FindFirst,
): Decision {
  const { attributes } = evaluation;
  if (target.kind === 'sidecar' && attributes.source.principals.length === 0) {
    const { mode, policy } = modeAt(policies.peerModes, attributes.destination.port);
    if (mode === 'STRICT') {
      return { ...FAILED, reason: 'denied_plaintext', policy };
    }
  }
  const rules = policies.rules(attributes.transport);
  const shadow = rules.shadow.length === 0 ? NO_SHADOW : shadowResults(rules.shadow, evaluation, find);
  const denied = rules.deny && find(rules.deny, evaluation);
  if (denied !== undefined) {
    return verdict('deny', 'denied_by_policy', denied, shadow);
  }
  if (rules.allow === undefined) {
    return verdict('allow', 'allowed_no_policy', undefined, shadow);
  }
  const allowed = find(rules.allow, evaluation);
  return allowed === undefined
    ? verdict('deny', 'denied_no_rule', undefined, shadow)
    : verdict('allow', 'allowed_by_policy', allowed, shadow);
}

const NO_SHADOW: readonly ShadowResult[] = [];

function findFirst(rules: ActionRules, evaluation: Evaluation): CompiledRule | undefined {
  return rules.findFirst(evaluation);
}

function verdict(
  effect: Decision['effect'],
  reason: DecisionReason,
  by: CompiledRule | undefined,
  shadow: readonly ShadowResult[],
): Decision {
  return { effect, reason, policy: by?.policy, rule: by?.rule.index, shadow };
}

function shadowResults(
  all: readonly ActionRules[],
  evaluation: Evaluation,
  find: FindFirst,
): readonly ShadowResult[] {
  return all.flatMap((rules): readonly ShadowResult[] => {
    const { action, dryRun } = rules;
    const hit = find(rules, evaluation);
    const mode = dryRun ? 'dry_run' : 'audit';
    return hit === undefined ? [] : [{ mode, action, policy: hit.policy, rule: hit.rule.index }];
  });
}
