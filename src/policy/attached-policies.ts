import type { Sliced } from '../base/index.ts';
import type { TargetPolicies } from './policy-set.ts';
import type { SharedRules } from './shared-rules.ts';
import type { TargetRules } from './target-rules.ts';

type Parts = Pick<TargetPolicies, 'authorization' | 'tokenRules' | 'peerModes'> & {
  readonly shared: SharedRules;
};

/** What attaches to a target, with rules that it may share with others. */
export function attachedPolicies(parts: Parts): TargetPolicies {
  return new AttachedPolicies(parts);
}

/** An object and no closures: see `RuleIndex` for why a verdict should meet few of either. */
class AttachedPolicies implements TargetPolicies {
  readonly authorization: TargetPolicies['authorization'];
  readonly tokenRules: TargetPolicies['tokenRules'];
  readonly peerModes: TargetPolicies['peerModes'];
  readonly #shared: SharedRules;
  #http: TargetRules | undefined;

  constructor({ authorization, tokenRules, peerModes, shared }: Parts) {
    this.authorization = authorization;
    this.tokenRules = tokenRules;
    this.peerModes = peerModes;
    this.#shared = shared;
  }

  rules(transport: 'http' | 'tcp'): TargetRules {
    if (transport === 'tcp') {
      return this.#shared.rules(transport);
    }
    this.#http ??= this.#shared.rules(transport);
    return this.#http;
  }

  prepareRules(transport: 'http' | 'tcp'): Sliced<TargetRules> {
    return this.#shared.prepareRules(transport);
  }
}
