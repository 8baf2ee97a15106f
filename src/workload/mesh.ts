import type { TrustDomain } from '../identity/index.ts';

/** The trust domain whose identities stand for workloads here, with its other names. */
export interface Mesh {
  readonly trustDomain: TrustDomain;
  readonly trustDomainAliases: readonly string[];
}
