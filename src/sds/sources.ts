import type { EntrySet } from '../workload/index.ts';

/** The registration entries as they are now. */
export interface EntrySource {
  current(): EntrySet;
  /** Calls `listener` after `current()` has changed, until the returned function is called. */
  onChange(listener: () => void): () => void;
}

/** The short names of secrets, which people choose when they come from another server. */
export interface SecretNames {
  /** The certificate of the caller's first entry. */
  readonly svid: string;
  /** The bundle of our own trust domain. */
  readonly bundle: string;
  /** The bundles of all trust domains the caller may know. */
  readonly allBundles: string;
}

/** As SPIRE's agent has them. */
export const SECRET_NAMES: SecretNames = { svid: 'default', bundle: 'ROOTCA', allBundles: 'ALL' };

/**
 * How Envoy is told to verify a peer: by its own SPIFFE validator, which looks at the trust domain too, or
 * by a plain list of CAs, alone or with revocation lists, which the SPIFFE validator would not look at.
 */
export type Validator = 'spiffe' | 'plain' | 'crl';
