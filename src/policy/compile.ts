import { atOnce, byCodeUnit, type Sliced } from '../base/index.ts';
import { byAge } from './age.ts';
import { attaches, candidateNamespaces, hasLabels } from './attach.ts';
import { attachedPolicies } from './attached-policies.ts';
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
  // Weak entries cost the garbage collector dear, so only targets that may come and go have them.
  const prepared = new Map<Target, TargetPolicies>();
  const known = new WeakMap<Target, TargetPolicies>();
  const recent = new Map<string, { readonly target: Target; readonly policies: TargetPolicies }>();
  const rulesOf = createSharedRules(objects.authorization);

  function* attach(target: Target): Sliced<TargetPolicies> {
    const namespaces = candidateNamespaces(target, mesh.rootNamespace);
    const mine = yield* attachedTo(target, authorization, mesh);
    return attachedPolicies({
      authorization: mine,
      tokenRules: composeTokenRules(yield* attachedTo(target, tokens, mesh)),
      peerModes: composePeerModes(
        namespaces.flatMap((namespace) =>
          (peers.get(namespace) ?? []).filter((policy) => hasLabels(target, policy.labels)),
        ),
        mesh.rootNamespace,
      ),
      shared: rulesOf(mine),
    });
  }

  function* find(target: Target): Sliced<TargetPolicies> {
    const found = prepared.get(target) ?? known.get(target);
    if (found !== undefined) {
      return found;
    }
    const name = nameOf(target);
    const policies = recent.get(name)?.policies ?? (yield* attach(target));
    if (recent.size >= RECENT_TARGETS_MAX) {
      recent.clear();
    }
    recent.set(name, { target, policies });
    return policies;
  }

  return {
    objects,
    mesh,
    forTarget(target) {
      const found = prepared.get(target) ?? known.get(target);
      if (found !== undefined) {
        return found;
      }
      const policies = atOnce(find(target));
      known.set(target, policies);
      return policies;
    },
    *prepare(target) {
      const policies = yield* find(target);
      prepared.set(target, policies);
      yield* policies.prepareRules('http');
      yield* policies.prepareRules('tcp');
    },
    recentTargets: () => [...recent.values()].map(({ target }) => target),
  };
}

/** In the order of their namespaces: the target's own first. */
function* attachedTo<P extends AuthorizationPolicy | TokenPolicy>(
  target: Target,
  all: ReadonlyMap<string, readonly P[]>,
  { rootNamespace }: MeshSettings,
): Sliced<readonly P[]> {
  const mine: P[] = [];
  for (const namespace of candidateNamespaces(target, rootNamespace)) {
    for (const [index, policy] of (all.get(namespace) ?? []).entries()) {
      if (attaches(policy.attachment, namespace, target, rootNamespace)) {
        mine.push(policy);
      }
      if (index % POLICIES_PER_STEP === 0) {
        yield;
      }
    }
  }
  return mine;
}

const POLICIES_PER_STEP = 256;

/** Equal targets that are not the same object, as when labels come with each request. */
const RECENT_TARGETS_MAX = 10_000;

function nameOf(target: Target): string {
  const { namespace, kind, gatewayName, services } = target;
  const labels = [...target.labels].sort(([a], [b]) => byCodeUnit(a, b));
  return JSON.stringify([namespace, kind, gatewayName ?? null, labels, services]);
}

function byNamespace<P extends { readonly ref: { readonly namespace: string } }>(
  policies: readonly P[],
): ReadonlyMap<string, readonly P[]> {
  return Map.groupBy(policies, (policy) => policy.ref.namespace);
}
