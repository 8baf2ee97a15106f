import type { Diagnostic } from '../base/index.ts';
import { diagnosticAt, type ManifestObject } from '../manifest/index.ts';
import type { AllowedNamespaces } from './gateway.ts';
import { objectKey } from './object-key.ts';
import type { WaypointTraffic } from './waypoint-traffic.ts';
import type { ObjectName } from './workload.ts';

export const USE_WAYPOINT_LABEL = 'istio.io/use-waypoint';
const USE_WAYPOINT_NAMESPACE_LABEL = 'istio.io/use-waypoint-namespace';

/** A waypoint as those who want to use it see it. */
export interface WaypointOffer {
  readonly waypointFor: WaypointTraffic;
  readonly allowed: AllowedNamespaces;
}

export interface WaypointUses {
  /** The waypoint of a service or workload, by its labels or else those of its namespace. */
  of(
    object: ManifestObject,
    labels: ReadonlyMap<string, string>,
    traffic: 'service' | 'workload',
  ): ObjectName | undefined;
  /** Labels that name a waypoint which is none for them; each is told once. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Follows Istio: the nearer label decides alone, even where its waypoint is missing or not for such traffic. */
export function waypointUses(
  offers: ReadonlyMap<string, WaypointOffer>,
  namespaces: ReadonlyMap<string, ManifestObject>,
): WaypointUses {
  const problems = new Map<string, Diagnostic>();
  const labelsOf = (namespace: string) => namespaces.get(namespace)?.labels ?? new Map<string, string>();
  return {
    get diagnostics() {
      return [...problems.values()];
    },
    of(object, labels, traffic) {
      const { namespace } = object;
      const own = labels.has(USE_WAYPOINT_LABEL) ? { owner: object, labels } : undefined;
      const holder = namespaces.get(namespace);
      const { owner, labels: said } = own ?? { owner: holder, labels: labelsOf(namespace) };
      const name = said.get(USE_WAYPOINT_LABEL);
      if (owner === undefined || name === undefined || name === '' || name === 'none') {
        return undefined;
      }
      const waypoint = { namespace: said.get(USE_WAYPOINT_NAMESPACE_LABEL) ?? namespace, name };
      const offer = offers.get(objectKey(waypoint));
      const problem = problemWith(offer, waypoint, traffic, namespace, labelsOf);
      if (problem !== undefined && !(own === undefined && problem.isOfTraffic)) {
        problems.set(
          `${owner.file} ${owner.line} ${owner.column} ${problem.message}`,
          labelProblem(owner, problem),
        );
      }
      return problem === undefined ? waypoint : undefined;
    },
  };
}

interface UseProblem {
  readonly message: string;
  readonly hint: string;
  /** A namespace names a waypoint for all in it, so that one of them has no use for it is in order. */
  readonly isOfTraffic: boolean;
}

function problemWith(
  offer: WaypointOffer | undefined,
  waypoint: ObjectName,
  traffic: 'service' | 'workload',
  namespace: string,
  labelsOf: (namespace: string) => ReadonlyMap<string, string>,
): UseProblem | undefined {
  const name = `\`${objectKey(waypoint)}\``;
  if (offer === undefined) {
    return {
      message: `there is no waypoint ${name} in the folders of workloads`,
      hint: 'add its Gateway, or a WorkloadEntry with the labels of a waypoint',
      isOfTraffic: false,
    };
  }
  if (offer.waypointFor !== traffic && offer.waypointFor !== 'all') {
    return {
      message: `the waypoint ${name} is not for requests to a ${traffic}`,
      hint: `label its Gateway \`istio.io/waypoint-for: ${traffic}\` or \`all\``,
      isOfTraffic: true,
    };
  }
  return allows(offer.allowed, waypoint.namespace, namespace, labelsOf)
    ? undefined
    : {
        message: `the waypoint ${name} does not take services and workloads of namespace \`${namespace}\``,
        hint: 'name the namespace in `allowedRoutes` of its HBONE listener',
        isOfTraffic: false,
      };
}

function allows(
  allowed: AllowedNamespaces,
  home: string,
  namespace: string,
  labelsOf: (namespace: string) => ReadonlyMap<string, string>,
): boolean {
  switch (allowed.from) {
    case 'All':
      return true;
    case 'Same':
      return home === namespace;
    case 'None':
      return false;
    case 'Selector': {
      const labels = new Map([...labelsOf(namespace), ['kubernetes.io/metadata.name', namespace]]);
      return [...allowed.labels].every(([name, value]) => labels.get(name) === value);
    }
    default:
      return allowed satisfies never;
  }
}

function labelProblem(owner: ManifestObject, { message, hint }: UseProblem): Diagnostic {
  return diagnosticAt(owner, ['metadata', 'labels', USE_WAYPOINT_LABEL], {
    code: 'ERR_LINT_WAYPOINT',
    severity: 'warning',
    message,
    hint,
  });
}
