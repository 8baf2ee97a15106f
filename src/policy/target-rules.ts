import { byCodeUnit, type Sliced, sortInSlices } from '../base/index.ts';
import type { CompiledRule } from './compile-rule.ts';
import type { AuthorizationPolicy, PolicyAction } from './model.ts';
import { type RuleFinder, ruleFinder } from './rule-index.ts';

/** The rules of one action that hold for a target on one transport. */
export interface ActionRules {
  readonly action: PolicyAction;
  readonly dryRun: boolean;
  /** In the byte order of their keys. */
  readonly rules: readonly CompiledRule[];
  readonly finder: RuleFinder;
}

/** The rules by which one provider is asked. */
export interface CustomRules extends ActionRules {
  readonly provider: string;
}

/** What a target is judged by on one transport; an action that no policy has is undefined. */
export interface TargetRules {
  readonly deny: ActionRules | undefined;
  readonly allow: ActionRules | undefined;
  readonly audit: ActionRules | undefined;
  readonly dryRunDeny: ActionRules | undefined;
  readonly dryRunAllow: ActionRules | undefined;
  /** By name of the provider, which is the order in which they are asked. */
  readonly custom: readonly CustomRules[];
}

/** The rules of one policy on one transport. */
export type CompilePolicy = (policy: AuthorizationPolicy) => Sliced<readonly CompiledRule[]>;

export function* targetRules(
  policies: readonly AuthorizationPolicy[],
  compile: CompilePolicy,
): Sliced<TargetRules> {
  function* collect(action: PolicyAction, dryRun: boolean): Sliced<ActionRules | undefined> {
    const mine = policies.filter((policy) => policy.action === action && policy.dryRun === dryRun);
    return mine.length === 0 ? undefined : yield* rulesOfAction(action, dryRun, mine, compile);
  }
  return {
    deny: yield* collect('DENY', false),
    allow: yield* collect('ALLOW', false),
    audit: yield* collect('AUDIT', false),
    dryRunDeny: yield* collect('DENY', true),
    dryRunAllow: yield* collect('ALLOW', true),
    custom: yield* customRules(policies, compile),
  };
}

function* customRules(
  policies: readonly AuthorizationPolicy[],
  compile: CompilePolicy,
): Sliced<readonly CustomRules[]> {
  const custom = policies.filter((policy) => policy.action === 'CUSTOM');
  const byProvider = [...Map.groupBy(custom, ({ provider = '' }) => provider)].sort(([a], [b]) =>
    byCodeUnit(a, b),
  );
  const made: CustomRules[] = [];
  for (const [provider, mine] of byProvider) {
    made.push({ provider, ...(yield* rulesOfAction('CUSTOM', false, mine, compile)) });
  }
  return made;
}

function* rulesOfAction(
  action: PolicyAction,
  dryRun: boolean,
  policies: readonly AuthorizationPolicy[],
  compile: CompilePolicy,
): Sliced<ActionRules> {
  const found: CompiledRule[] = [];
  for (const policy of policies) {
    for (const rule of yield* compile(policy)) {
      found.push(rule);
    }
  }
  const rules = yield* sortInSlices(found, byKey);
  return { action, dryRun, rules, finder: yield* ruleFinder(rules) };
}

/** Keys are ASCII, so the order of code units is that of bytes. */
function byKey(a: CompiledRule, b: CompiledRule): number {
  return byCodeUnit(a.rule.key, b.rule.key);
}
