import type { Attributes } from './attributes.ts';
import type { CompiledRule } from './compile-rule.ts';
import type { Decision, DecisionReason, ShadowResult } from './decision.ts';
import { type Evaluation, startEvaluation } from './evaluation.ts';
import { modeAt } from './peer-mode.ts';
import type { PolicySet, TargetPolicies } from './policy-set.ts';
import type { Target } from './target.ts';
import type { ActionRules, TargetRules } from './target-rules.ts';

/**
 * Judges one request or connection: synchronous, without I/O or clock, and total: what goes wrong in here
 * is a denial. CUSTOM policies come before, see `findCustom`. Istio specification, section 1.2.
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
  if (target.kind === 'sidecar' && (attributes.source.principals ?? []).length === 0) {
    const { mode, policy } = modeAt(policies.peerModes, attributes.destination.port);
    if (mode === 'STRICT') {
      return { ...FAILED, reason: 'denied_plaintext', policy };
    }
  }
  const rules = policies.rules(attributes.transport);
  const hits: Hits = {
    deny: rules.deny && find(rules.deny, evaluation),
    allow: undefined,
    audit: rules.audit && find(rules.audit, evaluation),
    dryRunDeny: rules.dryRunDeny && find(rules.dryRunDeny, evaluation),
    dryRunAllow: rules.dryRunAllow && find(rules.dryRunAllow, evaluation),
  };
  // A hit of DENY settles the verdict; only a dry run still wants to know the rest.
  hits.allow = rules.allow && (hits.deny === undefined ? find(rules.allow, evaluation) : undefined);
  const hasAllow = rules.allow !== undefined;
  const verdict = { ...combine(hits.deny, hits.allow, hasAllow), shadow: shadowOf(hits) };
  return rules.dryRunDeny === undefined && rules.dryRunAllow === undefined
    ? verdict
    : {
        ...verdict,
        ifEnforced: combine(
          hits.deny ?? hits.dryRunDeny,
          hits.allow ?? hits.dryRunAllow,
          hasAllow || rules.dryRunAllow !== undefined,
        ),
      };
}

/** The first rule of each kind that holds. */
type Hits = { -readonly [Kind in Exclude<keyof TargetRules, 'custom'>]: CompiledRule | undefined };

function findFirst(rules: ActionRules, evaluation: Evaluation): CompiledRule | undefined {
  return rules.finder.first(evaluation);
}

type Verdict = Pick<Decision, 'effect' | 'reason' | 'policy' | 'rule'>;

/** DENY before ALLOW, and no ALLOW policy at all is an allowance. */
function combine(
  denied: CompiledRule | undefined,
  allowed: CompiledRule | undefined,
  hasAllow: boolean,
): Verdict {
  if (denied !== undefined) {
    return verdictBy('deny', 'denied_by_policy', denied);
  }
  if (!hasAllow) {
    return verdictBy('allow', 'allowed_no_policy', undefined);
  }
  return allowed === undefined
    ? verdictBy('deny', 'denied_no_rule', undefined)
    : verdictBy('allow', 'allowed_by_policy', allowed);
}

function verdictBy(
  effect: Decision['effect'],
  reason: DecisionReason,
  by: CompiledRule | undefined,
): Verdict {
  return { effect, reason, policy: by?.policy, rule: by?.index };
}

const NO_SHADOW: readonly ShadowResult[] = [];

function shadowOf({ audit, dryRunDeny, dryRunAllow }: Hits): readonly ShadowResult[] {
  if (audit === undefined && dryRunDeny === undefined && dryRunAllow === undefined) {
    return NO_SHADOW;
  }
  return [
    ...shadowResult('audit', 'AUDIT', audit),
    ...shadowResult('dry_run', 'DENY', dryRunDeny),
    ...shadowResult('dry_run', 'ALLOW', dryRunAllow),
  ];
}

function shadowResult(
  mode: ShadowResult['mode'],
  action: ShadowResult['action'],
  hit: CompiledRule | undefined,
): readonly ShadowResult[] {
  return hit === undefined ? NO_SHADOW : [{ mode, action, policy: hit.policy, rule: hit.index }];
}
