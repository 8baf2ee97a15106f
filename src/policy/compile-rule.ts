import type { Sliced } from '../base/index.ts';
import { compileCondition, type Predicate, type Reading } from './compile-condition.ts';
import type { PolicyRef } from './decision.ts';
import type { Evaluation } from './evaluation.ts';
import type { AuthorizationPolicy, Condition, ConditionGroup, Match, PolicyAction, Rule } from './model.ts';

/** A rule as closures, and what explanations and the index need to know of it. */
export interface CompiledRule {
  readonly policy: PolicyRef;
  /** Of the rule in its policy. */
  readonly index: number;
  /** What is left of the rule on its transport. */
  readonly rule: Rule;
  readonly from: readonly (readonly CompiledCondition[])[];
  readonly to: readonly (readonly CompiledCondition[])[];
  readonly when: readonly CompiledCondition[];
}

export interface CompiledCondition {
  readonly field: string;
  readonly holds: Predicate;
}

/** The rules of a policy for one transport, without those that cannot match there. */
export function* compileRules(
  policy: AuthorizationPolicy,
  transport: 'http' | 'tcp',
): Sliced<readonly CompiledRule[]> {
  const reading: Reading = policy.action === 'ALLOW' ? 'certain' : 'possible';
  const compiled: CompiledRule[] = [];
  for (const whole of policy.rules) {
    const rule = transport === 'http' ? whole : withoutHttp(whole, policy.action);
    if (rule !== undefined) {
      compiled.push({
        policy: policy.ref,
        index: rule.index,
        rule,
        from: yield* compileGroups(rule.from, reading),
        to: yield* compileGroups(rule.to, reading),
        when: yield* compileGroup(rule.when, reading),
      });
    }
    yield;
  }
  return compiled;
}

function* compileGroups(groups: readonly ConditionGroup[], reading: Reading): Sliced<CompiledRule['from']> {
  const compiled: (readonly CompiledCondition[])[] = [];
  for (const group of groups) {
    compiled.push(yield* compileGroup(group, reading));
  }
  return compiled;
}

function* compileGroup(group: ConditionGroup, reading: Reading): Sliced<readonly CompiledCondition[]> {
  const compiled: CompiledCondition[] = [];
  for (const condition of group) {
    compiled.push({ field: condition.field, holds: yield* compileCondition(condition, reading) });
  }
  return compiled;
}

export function ruleHolds(rule: CompiledRule, evaluation: Evaluation): boolean {
  return oneHolds(rule.to, evaluation) && oneHolds(rule.from, evaluation) && allHold(rule.when, evaluation);
}

function oneHolds(groups: CompiledRule['from'], evaluation: Evaluation): boolean {
  if (groups.length === 0) {
    return true;
  }
  for (const group of groups) {
    if (allHold(group, evaluation)) {
      return true;
    }
  }
  return false;
}

function allHold(group: readonly CompiledCondition[], evaluation: Evaluation): boolean {
  for (const condition of group) {
    if (!condition.holds(evaluation)) {
      return false;
    }
  }
  return true;
}

const HTTP_ONLY: ReadonlySet<Match['subject']> = new Set([
  'host',
  'method',
  'path',
  'header',
  'claim',
  'requestPrincipal',
]);

/**
 * A rule on a TCP connection: one condition on HTTP takes away the whole of an ALLOW rule, but only
 * itself from any other, which gets wider. Istio specification, section 1.9.
 */
function withoutHttp(rule: Rule, action: PolicyAction): Rule | undefined {
  const all = [...rule.from.flat(), ...rule.to.flat(), ...rule.when];
  if (!all.some(isHttpOnly)) {
    return rule;
  }
  const keep = (group: ConditionGroup) => group.filter((condition) => !isHttpOnly(condition));
  return action === 'ALLOW'
    ? undefined
    : { ...rule, from: rule.from.map(keep), to: rule.to.map(keep), when: keep(rule.when) };
}

function isHttpOnly(condition: Condition): boolean {
  return HTTP_ONLY.has(condition.match.subject);
}
