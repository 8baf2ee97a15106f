import { atOnce, type Sliced } from '../base/index.ts';
import { type CompiledRule, compileRules } from './compile-rule.ts';
import type { AuthorizationPolicy } from './model.ts';
import type { TargetPolicies } from './policy-set.ts';
import { type CompilePolicy, type TargetRules, targetRules } from './target-rules.ts';

/** The compiled rules of one list of policies, for all targets that it holds for. */
export type SharedRules = Pick<TargetPolicies, 'rules' | 'prepareRules'>;

/**
 * The compiled rules of each list of policies that holds for some target, made once: a mesh has many
 * workloads and few such lists.
 */
export function createSharedRules(
  all: readonly AuthorizationPolicy[],
): (policies: readonly AuthorizationPolicy[]) => SharedRules {
  const compile = { http: createCompiler('http'), tcp: createCompiler('tcp') };
  const ordinals = new Map(all.map((policy, index) => [policy, index]));
  const made = new Map<
    string,
    { readonly policies: readonly AuthorizationPolicy[]; readonly rules: SharedRules }[]
  >();
  return (policies) => {
    let hash = 0;
    for (const policy of policies) {
      hash = (Math.imul(hash, 31) + (ordinals.get(policy) ?? 0) + 1) | 0;
    }
    const key = `${policies.length}/${hash}`;
    const alike = made.get(key) ?? [];
    const same = alike.find((other) => other.policies.every((policy, index) => policy === policies[index]));
    if (same !== undefined) {
      return same.rules;
    }
    const rules = rulesOf(policies, compile);
    made.set(key, [...alike, { policies, rules }]);
    return rules;
  };
}

type Compilers = Readonly<Record<'http' | 'tcp', CompilePolicy>>;

/** Compiles a policy that holds for many targets once. */
function createCompiler(transport: 'http' | 'tcp'): CompilePolicy {
  const made = new Map<AuthorizationPolicy, readonly CompiledRule[]>();
  return function* compile(policy) {
    const rules = made.get(policy) ?? (yield* compileRules(policy, transport));
    made.set(policy, rules);
    return rules;
  };
}

function rulesOf(policies: readonly AuthorizationPolicy[], compile: Compilers): SharedRules {
  let http: TargetRules | undefined;
  let tcp: TargetRules | undefined;
  function* prepare(transport: 'http' | 'tcp'): Sliced<TargetRules> {
    if (transport === 'http') {
      http ??= yield* targetRules(policies, compile[transport]);
      return http;
    }
    tcp ??= yield* targetRules(policies, compile[transport]);
    return tcp;
  }
  return {
    rules: (transport) => (transport === 'http' ? http : tcp) ?? atOnce(prepare(transport)),
    prepareRules: prepare,
  };
}
