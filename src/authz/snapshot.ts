import type { KeySetView, TokenCache } from '../jwt/index.ts';
import type { PolicySet } from '../policy/index.ts';
import type { Directory } from '../workload/index.ts';
import type { Certificate } from '../x509/index.ts';
import type { AuthzProfile } from './options.ts';
import type { Provider } from './provider.ts';

/**
 * Everything a verdict depends on beside the request. Immutable but for what only saves work; a reload makes
 * another one and replaces this by one assignment. `keys` may learn sets that were `missing`.
 */
export interface Snapshot {
  /** Names the snapshot in events; two of the same content may have the same. */
  readonly version: string;
  readonly policies: PolicySet;
  readonly directory: Directory;
  readonly keys: KeySetView;
  readonly tokenCache: TokenCache | undefined;
  readonly profiles: ReadonlyMap<string, AuthzProfile>;
  /** By the name that CUSTOM policies give them. */
  readonly providers: ReadonlyMap<string, Provider>;
  /** Judges the peer's certificate when Envoy sends it; undefined leaves that to Envoy. */
  readonly trust: PeerTrust | undefined;
  /** Key id and serial in lower-case hex. */
  isRevoked(issuerKeyId: string, serial: string): boolean;
}

/** What is believed of certificates that Envoy shows. */
export interface PeerTrust {
  isTrusted(leaf: Certificate, nowSeconds: number): boolean;
}
