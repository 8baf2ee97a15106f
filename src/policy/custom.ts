import type { Attributes } from './attributes.ts';
import type { PolicyRef } from './decision.ts';
import { startEvaluation } from './evaluation.ts';
import type { PolicySet } from './policy-set.ts';
import type { Target } from './target.ts';

/** What the CUSTOM policies of one provider say of a request. */
export type CustomHit =
  /** The rule by which the provider is asked. */
  | { readonly kind: 'ask'; readonly policy: PolicyRef; readonly rule: number }
  | { readonly kind: 'pass' }
  | { readonly kind: 'failed' };

/** Those that the CUSTOM policies of a target name, in the order in which they are asked. */
export function customProviders(
  set: PolicySet,
  target: Target,
  transport: 'http' | 'tcp',
): readonly string[] {
  return set
    .forTarget(target)
    .rules(transport)
    .custom.map(({ provider }) => provider);
}

/**
 * Whether a provider has to be asked about a request, as those before it left the request. Total, like
 * `evaluate`. Each of them must allow, before tokens are looked at and DENY and ALLOW policies are judged.
 */
export function findCustom(
  set: PolicySet,
  target: Target,
  attributes: Attributes,
  provider: string,
): CustomHit {
  try {
    const rules = set
      .forTarget(target)
      .rules(attributes.transport)
      .custom.find((one) => one.provider === provider);
    const hit = rules?.finder.first(startEvaluation(attributes));
    return hit === undefined ? PASS : { kind: 'ask', policy: hit.policy, rule: hit.index };
  } catch {
    return { kind: 'failed' };
  }
}

const PASS: CustomHit = { kind: 'pass' };
