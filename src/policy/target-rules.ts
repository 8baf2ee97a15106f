import { type CompiledRule, compileRules } from './compile-rule.ts';
import type { AuthorizationPolicy, PolicyAction } from './model.ts';
import { type RuleFinder, ruleFinder } from './rule-index.ts';

/** The rules of one action that hold for a target on one transport. */
export interface ActionRules {
  readonly action: PolicyAction;
  readonly dryRun: boolean;
  /** In the byte order of their keys. */
  readonly rules: readonly CompiledRule[];
  readonly findFirst: RuleFinder;
}

/** What a target is judged by on one transport; an action that no policy has is undefined. */
export interface TargetRules {
  readonly deny: ActionRules | undefined;
  readonly allow: ActionRules | undefined;
  readonly audit: ActionRules | undefined;
  readonly dryRunDeny: ActionRules | undefined;
  readonly dryRunAllow: ActionRules | undefined;
}

export function targetRules(
  policies: readonly AuthorizationPolicy[],
  transport: 'http' | 'tcp',
): TargetRules {
  const collect = (action: PolicyAction, dryRun: boolean): ActionRules | undefined => {
    const mine = policies.filter((policy) => policy.action === action && policy.dryRun === dryRun);
    if (mine.length === 0) {
      return undefined;
    }
    const rules = mine.flatMap((policy) => rulesOf(policy, transport)).sort(byKey);
    return { action, dryRun, rules, findFirst: ruleFinder(rules) };
  };
  return {
    deny: collect('DENY', false),
    allow: collect('ALLOW', false),
    audit: collect('AUDIT', false),
    dryRunDeny: collect('DENY', true),
    dryRunAllow: collect('ALLOW', true),
  };
}

/** Keys are ASCII, so the order of code units is that of bytes. */
function byKey(a: CompiledRule, b: CompiledRule): number {
  return a.rule.key < b.rule.key ? -1 : a.rule.key > b.rule.key ? 1 : 0;
}

const compiled = {
  http: new WeakMap<AuthorizationPolicy, readonly CompiledRule[]>(),
  tcp: new WeakMap<AuthorizationPolicy, readonly CompiledRule[]>(),
};

/** A policy that holds for many targets is compiled once. */
function rulesOf(policy: AuthorizationPolicy, transport: 'http' | 'tcp'): readonly CompiledRule[] {
  const known = compiled[transport].get(policy);
  if (known !== undefined) {
    return known;
  }
  const rules = compileRules(policy, transport);
  compiled[transport].set(policy, rules);
  return rules;
}
