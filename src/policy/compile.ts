import { atOnce, type Sliced } from '../base/index.ts';
import { byAge } from './age.ts';
import { attaches, candidateNamespaces, hasLabels } from './attach.ts';
import type { MeshSettings } from './mesh-settings.ts';
import type { AuthorizationPolicy, PolicyObjects, TokenPolicy } from './model.ts';
import { composePeerModes } from './peer-mode.ts';
import type { PolicySet, TargetPolicies } from './policy-set.ts';
import { createSharedRules } from './shared-rules.ts';
import type { Target } from './target.ts';
import { composeTokenRules } from './token-rules.ts';

/**
 * Prepares checked policies for evaluation. Cheap in itself: policies are grouped by namespace here, and
 * become closures and an index for a target by `prepare`, or when its first request comes.
 */
export function compilePolicies(objects: PolicyObjects, mesh: MeshSettings): PolicySet {
  const authorization = byNamespace(objects.authorization);
  const tokens = byNamespace([...objects.requestAuthentication].sort(byAge));
  const peers = byNamespace([...objects.peerAuthentication].sort(byAge));
  const known = new WeakMap<Target, TargetPolicies>();
  const recent = new Map<string, { readonly target: Target; readonly policies: TargetPolicies }>();
  const rulesOf = createSharedRules(objects.authorization);

  function* attach(target: Target): Sliced<TargetPolicies> {
    const namespaces = candidateNamespaces(target, mesh.rootNamespace);
    function* attached<P extends AuthorizationPolicy | TokenPolicy>(
      all: ReadonlyMap<string, readonly P[]>,
    ): Sliced<readonly P[]> {
      const mine: P[] = [];
      for (const namespace of namespaces) {
        for (const [index, policy] of (all.get(namespace) ?? []).entries()) {
          if (attaches(policy.attachment, namespace, target, mesh.rootNamespace)) {
            mine.push(policy);
          }
          if (index % POLICIES_PER_STEP === 0) {
            yield;
          }
        }
      }
      return mine;
    }
    const mine = yield* attached(authorization);
    return {
      authorization: mine,
      tokenRules: composeTokenRules(yield* attached(tokens)),
      peerModes: composePeerModes(
        namespaces.flatMap((namespace) =>
          (peers.get(namespace) ?? []).filter((policy) => hasLabels(target, policy.labels)),
        ),
        mesh.rootNamespace,
      ),
      ...rulesOf(mine),
    };
  }

  function* find(target: Target): Sliced<TargetPolicies> {
    const found = known.get(target);
    if (found !== undefined) {
      return found;
    }
    const name = nameOf(target);
    const policies = recent.get(name)?.policies ?? (yield* attach(target));
    if (recent.size >= RECENT_TARGETS_MAX) {
      recent.clear();
    }
    recent.set(name, { target, policies });
    known.set(target, policies);
    return policies;
  }

  return {
    objects,
    mesh,
    forTarget: (target) => known.get(target) ?? atOnce(find(target)),
    *prepare(target) {
      const policies = yield* find(target);
      yield* policies.prepareRules('http');
      yield* policies.prepareRules('tcp');
    },
    recentTargets: () => [...recent.values()].map(({ target }) => target),
  };
}

const POLICIES_PER_STEP = 256;

/** Equal targets that are not the same object, as when labels come with each request. */
const RECENT_TARGETS_MAX = 10_000;

function nameOf(target: Target): string {
  const { namespace, kind, gatewayName, services } = target;
  const labels = [...target.labels].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return JSON.stringify([namespace, kind, gatewayName ?? null, labels, services]);
}

function byNamespace<P extends { readonly ref: { readonly namespace: string } }>(
  policies: readonly P[],
): ReadonlyMap<string, readonly P[]> {
  return Map.groupBy(policies, (policy) => policy.ref.namespace);
}
