import type { PathNormalization } from '../../src/envoy/index.ts';

/** What holds for a whole Envoy and every policy set in it. */
export interface ParityMesh {
  readonly trustDomain: string;
  readonly aliases: readonly string[];
  readonly rootNamespace: string;
  readonly pathNormalization: PathNormalization;
  /** `edge` works out the client's address from X-Forwarded-For, `inbound` believes its last entry. */
  readonly side: 'inbound' | 'edge';
  readonly trustedHops: number;
}

/** Used in turn, so that every run of some length has all of them. */
export const MESHES: readonly ParityMesh[] = [
  {
    trustDomain: 'td1',
    aliases: ['td2'],
    rootNamespace: 'istio-system',
    pathNormalization: 'BASE',
    side: 'inbound',
    trustedHops: 0,
  },
  {
    trustDomain: 'cluster.local',
    aliases: [],
    rootNamespace: 'mesh',
    pathNormalization: 'MERGE_SLASHES',
    side: 'edge',
    trustedHops: 0,
  },
  {
    trustDomain: 'example.org',
    aliases: ['old.example.org', 'td2'],
    rootNamespace: 'istio-system',
    pathNormalization: 'NONE',
    side: 'inbound',
    trustedHops: 0,
  },
  {
    trustDomain: 'td1',
    aliases: [],
    rootNamespace: 'istio-system',
    pathNormalization: 'DECODE_AND_MERGE_SLASHES',
    side: 'edge',
    trustedHops: 1,
  },
];

/** Of the one workload that all is about. */
export const WORKLOAD = {
  namespace: 'web',
  name: 'orders',
  labels: { app: 'orders', version: 'v1' },
} as const;
