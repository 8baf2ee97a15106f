import type { Sign } from '../ca/index.ts';
import type { Certificate } from '../x509/index.ts';

/**
 * A CA above us: somebody else decides about its root and hands us a certificate to sign with. A folder in Istio's
 * layout is one (`cacertsFolder`); a KMS or a service may be another, for reading and signing may both take time.
 */
export interface UpstreamAuthority {
  /** Where it is, for messages. */
  readonly name: string;
  /** What it offers now. Throws, or rejects, with a SallyportError. */
  load(): UpstreamMaterial | Promise<UpstreamMaterial>;
  /** Calls `listener` when `load` may give something else, until the returned function is called. */
  onChange(listener: () => void): () => void;
}

export interface UpstreamMaterial {
  /** The CA that signs our leaves, and its key. */
  readonly certificate: Certificate;
  readonly sign: Sign;
  /** From the issuer of `certificate` upwards, without a root. */
  readonly above: readonly Certificate[];
  /** All that peers have to trust. */
  readonly roots: readonly Certificate[];
  /** CAs of others under the same roots, whose identities our own verdicts believe too. */
  readonly siblings: readonly Certificate[];
}
