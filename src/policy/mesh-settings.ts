import type { TrustDomain } from '../identity/index.ts';

/** What policies are read against. */
export interface MeshSettings {
  readonly trustDomain: TrustDomain;
  /** Former or additional names of the same domain; may hold Istio's `*` forms. */
  readonly trustDomainAliases: readonly string[];
  /** Policies of this namespace hold for all namespaces. */
  readonly rootNamespace: string;
  /**
   * The providers that CUSTOM policies may name, with the protocol each is asked by; undefined where that is not
   * known, and any name is taken.
   */
  readonly providers?: ReadonlyMap<string, 'grpc' | 'http'>;
}
