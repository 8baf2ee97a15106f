import type { Condition, Rule, TargetRules } from '../../policy/index.ts';
import { type Json, type JsonObject, typed } from '../typed.ts';
import { allPermissions, type PermissionMatch } from './permission.ts';
import { allPrincipals, type PeerIdentity, type PrincipalMatch } from './principal.ts';

export const RBAC_FILTER = 'envoy.filters.http.rbac';
export const NETWORK_RBAC_FILTER = 'envoy.filters.network.rbac';

const FILTERS = {
  http: {
    name: RBAC_FILTER,
    message: 'envoy.extensions.filters.http.rbac.v3.RBAC',
    fields: {},
  },
  tcp: {
    name: NETWORK_RBAC_FILTER,
    message: 'envoy.extensions.filters.network.rbac.v3.RBAC',
    fields: { stat_prefix: 'tcp.' },
  },
} as const;

/**
 * Envoy's filters for the rules of a target, in the order in which they have to stand: AUDIT, DENY, ALLOW.
 * Dry runs are shadow rules of the same filters, with the prefixes that Istio gives their figures. An
 * action that no policy has gets no filter, so that without an ALLOW everything else passes.
 */
export function rbacFilters(
  rules: TargetRules,
  transport: 'http' | 'tcp',
  peerIdentity: PeerIdentity,
): readonly JsonObject[] {
  const { name, message, fields } = FILTERS[transport];
  const filter = (action: 'LOG' | 'DENY' | 'ALLOW', enforced: RuleList, dryRun: RuleList) =>
    enforced === undefined && dryRun === undefined
      ? []
      : [
          {
            name,
            typed_config: typed(message, {
              ...fields,
              ...(enforced === undefined ? {} : { rules: ruleSet(action, enforced, peerIdentity) }),
              ...(dryRun === undefined
                ? {}
                : {
                    shadow_rules: ruleSet(action, dryRun, peerIdentity),
                    shadow_rules_stat_prefix: `istio_dry_run_${action.toLowerCase()}_`,
                  }),
            }),
          },
        ];
  return [
    ...filter('LOG', rules.audit, undefined),
    ...filter('DENY', rules.deny, rules.dryRunDeny),
    ...filter('ALLOW', rules.allow, rules.dryRunAllow),
  ];
}

type RuleList = TargetRules['allow'];

/** Without rules nothing matches: an ALLOW then denies everything. */
function ruleSet(
  action: 'LOG' | 'DENY' | 'ALLOW',
  { rules }: NonNullable<RuleList>,
  peerIdentity: PeerIdentity,
): JsonObject {
  const policies = rules.map(({ rule }): [string, Json] => [rule.key, policy(rule, peerIdentity)]);
  return { action, policies: Object.fromEntries(policies) };
}

/** A Policy holds when one of its permissions and one of its principals does. */
function policy({ from, to, when }: Rule, peerIdentity: PeerIdentity): JsonObject {
  const asked = when.filter(isOfPermission);
  const asking = when.filter(isOfPrincipal);
  return {
    permissions: alternatives(to).map((group) => allPermissions([...group.filter(isOfPermission), ...asked])),
    principals: alternatives(from).map((group) =>
      allPrincipals([...group.filter(isOfPrincipal), ...asking], peerIdentity),
    ),
  };
}

/** No alternative at all is no restriction. */
function alternatives(groups: Rule['from']): Rule['from'] {
  return groups.length === 0 ? [[]] : groups;
}

const PERMISSION_SUBJECTS: ReadonlySet<string> = new Set<PermissionMatch['subject']>([
  'host',
  'method',
  'path',
  'port',
  'destinationIp',
  'sni',
  'metadata',
]);

function isOfPermission(condition: Condition): condition is Condition & { readonly match: PermissionMatch } {
  return PERMISSION_SUBJECTS.has(condition.match.subject);
}

function isOfPrincipal(condition: Condition): condition is Condition & { readonly match: PrincipalMatch } {
  return !isOfPermission(condition);
}
