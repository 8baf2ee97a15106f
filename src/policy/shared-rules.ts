import { atOnce, type Sliced } from '../base/index.ts';
import type { AuthorizationPolicy } from './model.ts';
import type { TargetPolicies } from './policy-set.ts';
import { type TargetRules, targetRules } from './target-rules.ts';

type Rules = Pick<TargetPolicies, 'rules' | 'prepareRules'>;

/**
 * The compiled rules of each list of policies that holds for some target, made once: a mesh has many
 * workloads and few such lists.
 */
export function createSharedRules(
  all: readonly AuthorizationPolicy[],
): (policies: readonly AuthorizationPolicy[]) => Rules {
  const ordinals = new Map(all.map((policy, index) => [policy, index]));
  const made = new Map<
    string,
    { readonly policies: readonly AuthorizationPolicy[]; readonly rules: Rules }[]
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
    const rules = rulesOf(policies);
    made.set(key, [...alike, { policies, rules }]);
    return rules;
  };
}

function rulesOf(policies: readonly AuthorizationPolicy[]): Rules {
  let http: TargetRules | undefined;
  let tcp: TargetRules | undefined;
  function* prepare(transport: 'http' | 'tcp'): Sliced<TargetRules> {
    if (transport === 'http') {
      http ??= yield* targetRules(policies, transport);
      return http;
    }
    tcp ??= yield* targetRules(policies, transport);
    return tcp;
  }
  return {
    rules: (transport) => (transport === 'http' ? http : tcp) ?? atOnce(prepare(transport)),
    prepareRules: prepare,
  };
}
