import { type Sliced, sortInSlices } from '../base/index.ts';
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

export function* targetRules(
  policies: readonly AuthorizationPolicy[],
  transport: 'http' | 'tcp',
): Sliced<TargetRules> {
  function* collect(action: PolicyAction, dryRun: boolean): Sliced<ActionRules | undefined> {
    const mine = policies.filter((policy) => policy.action === action && policy.dryRun === dryRun);
    if (mine.length === 0) {
      return undefined;
    }
    const found: CompiledRule[] = [];
    for (const policy of mine) {
      for (const rule of yield* rulesOf(policy, transport)) {
        found.push(rule);
      }
    }
    const rules = yield* sortInSlices(found, byKey);
    return { action, dryRun, rules, findFirst: yield* ruleFinder(rules) };
  }
  return {
    deny: yield* collect('DENY', false),
    allow: yield* collect('ALLOW', false),
    audit: yield* collect('AUDIT', false),
    dryRunDeny: yield* collect('DENY', true),
    dryRunAllow: yield* collect('ALLOW', true),
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
function* rulesOf(policy: AuthorizationPolicy, transport: 'http' | 'tcp'): Sliced<readonly CompiledRule[]> {
  const known = compiled[transport].get(policy);
  if (known !== undefined) {
    return known;
  }
  const rules = yield* compileRules(policy, transport);
  compiled[transport].set(policy, rules);
  return rules;
}
