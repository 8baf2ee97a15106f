/** The workload whose policies are asked for; `workload` has these in its directory. */
export interface Target {
  readonly namespace: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly kind: 'sidecar' | 'gateway' | 'waypoint';
  /** The name of its Gateway API Gateway: gateways and waypoints only. */
  readonly gatewayName: string | undefined;
  /** The services asked for through a waypoint: `Service/<namespace>/<name>` or `ServiceEntry/…`. */
  readonly services: readonly TargetService[];
}

export interface TargetService {
  readonly kind: 'Service' | 'ServiceEntry';
  readonly namespace: string;
  readonly name: string;
}
