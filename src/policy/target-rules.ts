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

export function* targetRules(
  policies: readonly AuthorizationPolicy[],
  transport: 'http' | 'tcp',
): Sliced<TargetRules> {
  function* collect(action: PolicyAction, dryRun: boolean): Sliced<ActionRules | undefined> {
    const mine = policies.filter((policy) => policy.action === action && policy.dryRun === dryRun);
    return mine.length === 0 ? undefined : yield* rulesOfAction(action, dryRun, mine, transport);
  }
  return {
    deny: yield* collect('DENY', false),
    allow: yield* collect('ALLOW', false),
    audit: yield* collect('AUDIT', false),
    dryRunDeny: yield* collect('DENY', true),
    dryRunAllow: yield* collect('ALLOW', true),
    custom: yield* customRules(policies, transport),
  };
}

function* customRules(
  policies: readonly AuthorizationPolicy[],
  transport: 'http' | 'tcp',
): Sliced<readonly CustomRules[]> {
  const custom = policies.filter((policy) => policy.action === 'CUSTOM');
  const byProvider = [...Map.groupBy(custom, ({ provider = '' }) => provider)].sort(([a], [b]) =>
    a < b ? -1 : a > b ? 1 : 0,
  );
  const made: CustomRules[] = [];
  for (const [provider, mine] of byProvider) {
    made.push({ provider, ...(yield* rulesOfAction('CUSTOM', false, mine, transport)) });
  }
  return made;
}

function* rulesOfAction(
  action: PolicyAction,
  dryRun: boolean,
  policies: readonly AuthorizationPolicy[],
  transport: 'http' | 'tcp',
): Sliced<ActionRules> {
  const found: CompiledRule[] = [];
  for (const policy of policies) {
    for (const rule of yield* rulesOf(policy, transport)) {
      found.push(rule);
    }
  }
  const rules = yield* sortInSlices(found, byKey);
  return { action, dryRun, rules, findFirst: yield* ruleFinder(rules) };
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
