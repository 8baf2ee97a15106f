import type { SpiffeId, TrustBundle } from '../identity/index.ts';

/** What an SVID is asked for: the part of a registration entry that ends up in the certificate. */
export interface SvidRequest {
  readonly spiffeId: SpiffeId;
  readonly dnsNames: readonly string[];
  /** Undefined takes the default of the CA. */
  readonly ttlSeconds: number | undefined;
}

/** Says at the moment of an issuance whom it is for, in words for the inventory. */
export type CallerNote = () => string | undefined;

/** An X.509-SVID in force with its key. Never logged. */
export interface X509Svid {
  readonly spiffeId: SpiffeId;
  /** DER, leaf first, then intermediates, without the root. */
  readonly certificates: readonly Uint8Array[];
  /** PKCS#8 DER. */
  readonly privateKey: Uint8Array;
  /** Lower-case hex without leading zeros. */
  readonly serial: string;
  readonly notBeforeSeconds: number;
  readonly notAfterSeconds: number;
}

/** The living side of the CA as its consumers see it. */
export interface Issuer {
  /**
   * The SVID in force for a request; issues one when there is none, and equal requests share it and its
   * issuance. Rejects with a SallyportError.
   */
  x509Svid(request: SvidRequest, caller?: CallerNote): Promise<X509Svid>;
  /** Keeps the SVID of `request` renewed before its half-life passes until the returned function is called. */
  keep(request: SvidRequest, onRenewed: (svid: X509Svid) => void, caller?: CallerNote): () => void;
  /** The bundle of our own trust domain, as it is published now. */
  bundle(): TrustBundle;
  onBundleChanged(listener: (bundle: TrustBundle) => void): () => void;
  stop(): void;
}
