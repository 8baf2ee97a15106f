import { attaches, candidateNamespaces, hasLabels } from './attach.ts';
import type { MeshSettings } from './mesh-settings.ts';
import type { AuthorizationPolicy, PeerPolicy, PolicyObjects, TokenPolicy } from './model.ts';
import { composePeerModes } from './peer-mode.ts';
import type { PolicySet, TargetPolicies } from './policy-set.ts';
import type { Target } from './target.ts';
import { type TargetRules, targetRules } from './target-rules.ts';
import { composeTokenRules } from './token-rules.ts';

/**
 * Prepares checked policies for evaluation. Cheap in itself: policies are grouped by namespace here, and
 * become closures and an index for a target when its first request comes.
 */
export function compilePolicies(objects: PolicyObjects, mesh: MeshSettings): PolicySet {
  const authorization = byNamespace(objects.authorization);
  const tokens = byNamespace([...objects.requestAuthentication].sort(byAge));
  const peers = byNamespace([...objects.peerAuthentication].sort(byAge));
  const known = new WeakMap<Target, TargetPolicies>();
  const recent = new Map<string, TargetPolicies>();

  const prepare = (target: Target): TargetPolicies => {
    const namespaces = candidateNamespaces(target, mesh.rootNamespace);
    const attached = <P extends AuthorizationPolicy | TokenPolicy>(all: ReadonlyMap<string, readonly P[]>) =>
      namespaces.flatMap((namespace) =>
        (all.get(namespace) ?? []).filter((policy) =>
          attaches(policy.attachment, namespace, target, mesh.rootNamespace),
        ),
      );
    const mine = attached(authorization);
    return {
      authorization: mine,
      tokenRules: composeTokenRules(attached(tokens)),
      peerModes: composePeerModes(
        namespaces.flatMap((namespace) =>
          (peers.get(namespace) ?? []).filter((policy) => hasLabels(target, policy.labels)),
        ),
        mesh.rootNamespace,
      ),
      rules: oncePerTransport((transport) => targetRules(mine, transport)),
    };
  };

  return {
    objects,
    mesh,
    forTarget: (target) => {
      const found = known.get(target);
      if (found !== undefined) {
        return found;
      }
      const name = nameOf(target);
      const prepared = recent.get(name) ?? prepare(target);
      if (recent.size >= RECENT_TARGETS_MAX) {
        recent.clear();
      }
      recent.set(name, prepared);
      known.set(target, prepared);
      return prepared;
    },
  };
}

/** Equal targets that are not the same object, as when labels come with each request. */
const RECENT_TARGETS_MAX = 10_000;

function nameOf(target: Target): string {
  const { namespace, kind, gatewayName, services } = target;
  const labels = [...target.labels].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return JSON.stringify([namespace, kind, gatewayName ?? null, labels, services]);
}

function oncePerTransport(
  make: (transport: 'http' | 'tcp') => TargetRules,
): (transport: 'http' | 'tcp') => TargetRules {
  const made = new Map<'http' | 'tcp', TargetRules>();
  return (transport) => {
    const rules = made.get(transport) ?? make(transport);
    made.set(transport, rules);
    return rules;
  };
}

function byNamespace<P extends { readonly ref: { readonly namespace: string } }>(
  policies: readonly P[],
): ReadonlyMap<string, readonly P[]> {
  return Map.groupBy(policies, (policy) => policy.ref.namespace);
}

/** The oldest first; where a file names no time, by name. */
function byAge(a: PeerPolicy | TokenPolicy, b: PeerPolicy | TokenPolicy): number {
  const age = (policy: PeerPolicy | TokenPolicy) => policy.createdAtMillis ?? Number.MAX_SAFE_INTEGER;
  return age(a) - age(b) || (a.ref.name < b.ref.name ? -1 : a.ref.name > b.ref.name ? 1 : 0);
}
