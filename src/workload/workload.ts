import type { SpiffeId, TrustDomain } from '../identity/index.ts';
import type { WaypointTraffic } from './waypoint-traffic.ts';

/**
 * A workload that requests can be meant for, from a WorkloadEntry, or a waypoint from its Gateway. It satisfies
 * `policy`'s Target and one object stands for one workload as long as its snapshot lives.
 */
export interface Workload {
  readonly namespace: string;
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly serviceAccount: string;
  /** Addresses in canonical text form. */
  readonly addresses: readonly string[];
  readonly kind: 'sidecar' | 'gateway' | 'waypoint';
  readonly gatewayName: string | undefined;
  /** Those that a waypoint stands for; empty for any other workload. */
  readonly services: readonly ServiceName[];
  /** For a waypoint. */
  readonly waypointFor: WaypointTraffic | undefined;
  /** The waypoint through which requests to the workload itself come, as namespace and name of its Gateway. */
  readonly waypoint: ObjectName | undefined;
}

export interface ObjectName {
  readonly namespace: string;
  readonly name: string;
}

export interface ServiceName extends ObjectName {
  readonly kind: 'Service' | 'ServiceEntry';
}

/** A Service or ServiceEntry as far as requests and policies hang on it. */
export interface Service {
  readonly ref: ServiceName;
  /** Addresses that stand for the service as a whole, in canonical form. */
  readonly addresses: readonly string[];
  readonly ports: ReadonlySet<number>;
  /** Labels of the workloads behind it, in its namespace; undefined selects none. */
  readonly selector: ReadonlyMap<string, string> | undefined;
  /** Addresses of workloads behind it that it lists itself. */
  readonly endpoints: readonly string[];
  /** Namespace and name of its Gateway. */
  readonly waypoint: ObjectName | undefined;
}

/** Immutable; a reload makes a new one. */
export interface Directory {
  /** A WorkloadEntry, or else the Gateway of a waypoint. */
  byName(namespace: string, name: string): Workload | undefined;
  byAddress(address: string): readonly Workload[];
  /** Workloads that run as the service account of this ID. */
  byIdentity(id: SpiffeId): readonly Workload[];
  /** Workloads with exactly these labels. */
  byLabels(labels: ReadonlyMap<string, string>): readonly Workload[];
  /** Services of which this is the address, whatever their ports. */
  servicesAt(address: string): readonly Service[];
  service(kind: ServiceName['kind'], namespace: string, name: string): Service | undefined;
  /** The workloads behind a service, worked out anew each time. */
  workloadsOf(service: ServiceName): readonly Workload[];
  /** The waypoint that a Gateway stands for; one of several replicas. */
  waypoint(namespace: string, gatewayName: string): Workload | undefined;
  hasGateway(namespace: string, name: string): boolean;
  /** All of it: what the directory was made of, and `createDirectory` makes it of again. */
  readonly content: DirectoryContent;
}

/** Plain data: a thread posts it to another. */
export interface DirectoryContent {
  /** Those of WorkloadEntries, then waypoints that have only a Gateway. */
  readonly workloads: readonly Workload[];
  readonly services: readonly Service[];
  readonly gateways: readonly ObjectName[];
}

/** An identity and the selectors a caller must show to get it, from a ClusterStaticEntry. */
export interface RegistrationEntry {
  readonly name: string;
  readonly spiffeId: SpiffeId;
  /** Sorted, without duplicates, at least one; `type:value`. */
  readonly selectors: readonly string[];
  /** Undefined takes the default of the CA. */
  readonly x509TtlSeconds: number | undefined;
  readonly jwtTtlSeconds: number | undefined;
  readonly dnsNames: readonly string[];
  readonly hint: string;
}

/** Immutable; a reload makes a new one. */
export interface EntrySet {
  readonly trustDomain: TrustDomain;
  readonly entries: readonly RegistrationEntry[];
  /** Entries whose selectors are all among the caller's, ordered by name: the first is the default. */
  matching(selectors: readonly string[]): readonly RegistrationEntry[];
}
