import type { GatewayObject } from './gateway.ts';
import { objectKey } from './object-key.ts';
import type { WorkloadDraft } from './read-workload.ts';
import type { ServiceDraft } from './service.ts';
import type { WaypointOffer, WaypointUses } from './waypoint-use.ts';
import type { Service, ServiceName, Workload } from './workload.ts';

/** Waypoints by namespace and name of their Gateway, which has the last word where it is there. */
export function offersOf(
  gateways: readonly GatewayObject[],
  drafts: readonly WorkloadDraft[],
): ReadonlyMap<string, WaypointOffer> {
  return new Map([
    ...drafts.flatMap(({ namespace, gatewayName, waypointFor }) =>
      gatewayName === undefined || waypointFor === undefined
        ? []
        : [
            [
              objectKey({ namespace, name: gatewayName }),
              { waypointFor, allowed: { from: 'Same' } },
            ] as const,
          ],
    ),
    ...gateways.flatMap(({ object, waypointFor, allowed }) =>
      waypointFor === undefined ? [] : [[objectKey(object), { waypointFor, allowed }] as const],
    ),
  ]);
}

export interface ReadObjects {
  readonly gateways: readonly GatewayObject[];
  readonly drafts: readonly WorkloadDraft[];
  readonly services: readonly ServiceDraft[];
}

/** A waypoint's own Service, and a waypoint itself, are behind no waypoint. */
export function bindWaypoints(
  { gateways, drafts, services }: ReadObjects,
  uses: WaypointUses,
): { readonly services: readonly Service[]; readonly workloads: readonly Workload[] } {
  const bound = services.map(({ object, ...draft }): Service => {
    const isOfWaypoint = object.labels.get('gateway.istio.io/managed') === 'istio.io-mesh-controller';
    return { ...draft, waypoint: isOfWaypoint ? undefined : uses.of(object, object.labels, 'service') };
  });
  const behind = Map.groupBy(
    bound.flatMap(({ ref, waypoint }) => (waypoint === undefined ? [] : [{ ref, key: objectKey(waypoint) }])),
    ({ key }) => key,
  );
  const servicesOf = (namespace: string, gatewayName: string): readonly ServiceName[] =>
    (behind.get(objectKey({ namespace, name: gatewayName })) ?? []).map(({ ref }) => ref);
  const entries = drafts.map(({ object, ...draft }): Workload => {
    const { namespace, gatewayName, kind, labels } = draft;
    return kind === 'waypoint' && gatewayName !== undefined
      ? { ...draft, services: servicesOf(namespace, gatewayName), waypoint: undefined }
      : { ...draft, services: [], waypoint: uses.of(object, labels, 'workload') };
  });
  const told = new Set(
    entries.flatMap(({ namespace, gatewayName: name }) =>
      name === undefined ? [] : [objectKey({ namespace, name })],
    ),
  );
  const alone = gateways
    .filter(({ object, waypointFor }) => waypointFor !== undefined && !told.has(objectKey(object)))
    .map((gateway) => waypointAlone(gateway, servicesOf(gateway.object.namespace, gateway.object.name)));
  return { services: bound, workloads: [...entries, ...alone] };
}

/**
 * A waypoint without a WorkloadEntry. No policy looks at the labels of a waypoint, and its service account is
 * named as its Gateway, as Istio makes it.
 */
function waypointAlone({ object, waypointFor }: GatewayObject, services: readonly ServiceName[]): Workload {
  const { namespace, name } = object;
  return {
    namespace,
    name,
    labels: new Map(),
    serviceAccount: name,
    addresses: [],
    kind: 'waypoint',
    gatewayName: name,
    services,
    waypointFor,
    waypoint: undefined,
  };
}
