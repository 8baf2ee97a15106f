/** What a workload is to Istio, by the labels that its controllers put on proxies. Istio spec, 1.11. */
export type WorkloadKind =
  | { readonly kind: 'sidecar'; readonly gatewayName: undefined }
  | { readonly kind: 'gateway' | 'waypoint'; readonly gatewayName: string }
  /** The labels of a waypoint without the name of its Gateway: which policies are meant is unknown. */
  | { readonly kind: 'unclear' };

export const GATEWAY_NAME_LABEL = 'gateway.networking.k8s.io/gateway-name';

const WAYPOINT_LABELS: readonly ((labels: ReadonlyMap<string, string>) => boolean)[] = [
  (labels) => labels.get('gateway.istio.io/managed') === 'istio.io-mesh-controller',
  (labels) => labels.get('gateway.networking.k8s.io/gateway-class-name') === 'istio-waypoint',
  (labels) => labels.has('istio.io/waypoint-for'),
];

export function workloadKindOf(labels: ReadonlyMap<string, string>): WorkloadKind {
  const gatewayName = labels.get(GATEWAY_NAME_LABEL);
  const isWaypoint = WAYPOINT_LABELS.some((test) => test(labels));
  if (gatewayName === undefined || gatewayName === '') {
    return isWaypoint || gatewayName === ''
      ? { kind: 'unclear' }
      : { kind: 'sidecar', gatewayName: undefined };
  }
  return { kind: isWaypoint ? 'waypoint' : 'gateway', gatewayName };
}
