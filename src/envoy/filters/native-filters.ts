import { SallyportError } from '../../base/index.ts';
import type { TargetPolicies } from '../../policy/index.ts';
import type { JsonObject } from '../typed.ts';
import { jwtAuthnFilter } from './jwt-authn.ts';
import type { JwksClusters } from './native-keys.ts';
import type { PeerIdentity } from './principal.ts';
import { rbacFilters } from './rbac.ts';

export interface NativeFiltersInput {
  /** What holds for the workload whose Envoy it is. */
  readonly policies: TargetPolicies;
  readonly transport: 'http' | 'tcp';
  /** `certificate` unless given. */
  readonly peerIdentity?: PeerIdentity;
  /** Needed for rules with `jwksUri` alone. */
  readonly jwksClusters?: JwksClusters;
}

/**
 * Envoy's own filters, in their order, that give the verdicts of these policies without a call to anybody:
 * HTTP filters, which belong in front of the router, or network filters. What a connection has to be
 * (PeerAuthentication) is the business of the listener. The Envoy needs `REGEX_RUNTIME` in its runtime.
 * Throws `ERR_ENVOY_CUSTOM` where a policy wants a provider asked, and `ERR_ENVOY_KEY_SET` where Envoy cannot have
 * the keys of a token rule.
 */
export function nativeFilters(input: NativeFiltersInput): readonly JsonObject[] {
  const { policies, transport, peerIdentity = 'certificate', jwksClusters = new Map() } = input;
  const { tokenRules } = policies;
  const rules = policies.rules(transport);
  if (rules.custom.length > 0) {
    throw asksProviders(rules.custom.map(({ provider }) => provider));
  }
  return [
    ...(transport === 'http' && tokenRules.length > 0 ? [jwtAuthnFilter(tokenRules, jwksClusters)] : []),
    ...rbacFilters(rules, transport, peerIdentity),
  ];
}

/** Left out, what they deny would pass. */
function asksProviders(names: readonly string[]): SallyportError {
  return new SallyportError(
    'ERR_ENVOY_CUSTOM',
    `policies with action \`CUSTOM\` ask ${names.map((name) => `\`${name.slice(0, 80)}\``).join(', ')}`,
    { hint: 'let this Envoy ask Sallyport (`sallyport envoy ext-authz`), which asks them' },
  );
}
