import type { KeySetSource, TokenRule } from '../jwt/index.ts';
import type { TokenPolicy } from './model.ts';
import type { PolicySet } from './policy-set.ts';
import type { Target } from './target.ts';

/**
 * The token rules that hold for a target, in the order in which they are tried: all that attach, by
 * issuer. The same array for the same target. Istio specification, section 2.1.
 */
export function tokenRulesFor(set: PolicySet, target: Target): readonly TokenRule[] {
  return set.forTarget(target).tokenRules;
}

/** Every key set that some rule verifies by, each once. */
export function keySetSources(set: PolicySet): readonly KeySetSource[] {
  const sources = new Map<string, KeySetSource>();
  for (const { keys } of set.objects.requestAuthentication.flatMap((policy) => policy.rules)) {
    if (!sources.has(keys.keySetId)) {
      sources.set(keys.keySetId, keys);
    }
  }
  return [...sources.values()];
}

/** The issuers whose tokens each key set verifies, sorted; `*` for rules that take any. */
export function issuersOfKeySets(set: PolicySet): ReadonlyMap<string, readonly string[]> {
  const rules = set.objects.requestAuthentication.flatMap((policy) => policy.rules);
  return new Map(
    [...Map.groupBy(rules, ({ keys }) => keys.keySetId)].map(([keySetId, group]) => [
      keySetId,
      [...new Set(group.map(({ issuer = '*' }) => issuer))].sort(),
    ]),
  );
}

/** `policies` are those that attach, in the order of their namespaces and then of age. */
export function composeTokenRules(policies: readonly TokenPolicy[]): readonly TokenRule[] {
  return policies.flatMap((policy) => policy.rules).sort(byIssuer);
}

function byIssuer(a: TokenRule, b: TokenRule): number {
  return Buffer.compare(Buffer.from(a.issuer ?? ''), Buffer.from(b.issuer ?? ''));
}
