import type { SpiffeId, TrustDomain } from '../identity/index.ts';

/**
 * A workload that requests can be meant for, from a WorkloadEntry. It satisfies `policy`'s Target and
 * one object stands for one workload as long as its snapshot lives. Plain data: a thread posts it to another.
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
  readonly services: readonly {
    readonly kind: 'Service' | 'ServiceEntry';
    readonly namespace: string;
    readonly name: string;
  }[];
}

/** Immutable; a reload makes a new one. */
export interface Directory {
  byName(namespace: string, name: string): Workload | undefined;
  byAddress(address: string): readonly Workload[];
  /** Workloads that run as the service account of this ID. */
  byIdentity(id: SpiffeId): readonly Workload[];
  readonly size: number;
  /** All of them: what the directory was made of, and `createDirectory` makes it of again. */
  readonly workloads: readonly Workload[];
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
