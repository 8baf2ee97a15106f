/** The messages of workloadapi.proto as the codecs give and take them. */

export interface X509SvidMessage {
  readonly spiffe_id: string;
  /** DER, leaf first, one after the other. */
  readonly x509_svid: Uint8Array;
  /** PKCS #8 DER. Never logged. */
  readonly x509_svid_key: Uint8Array;
  /** DER of the roots, one after the other. */
  readonly bundle: Uint8Array;
  readonly hint: string;
}

export interface X509SvidResponse {
  readonly svids: readonly X509SvidMessage[];
  readonly crl: readonly Uint8Array[];
  /** By the ID of a trust domain, such as `spiffe://example.org`. */
  readonly federated_bundles: Readonly<Record<string, Uint8Array>>;
}

export interface X509BundlesResponse {
  readonly crl: readonly Uint8Array[];
  readonly bundles: Readonly<Record<string, Uint8Array>>;
}

export interface JwtSvidRequestMessage {
  readonly audience: readonly string[];
  readonly spiffe_id: string;
}

export interface JwtSvidResponse {
  readonly svids: readonly {
    readonly spiffe_id: string;
    /** Never logged. */
    readonly svid: string;
    readonly hint: string;
  }[];
}

export interface JwtBundlesResponse {
  /** JWK sets by the ID of a trust domain. */
  readonly bundles: Readonly<Record<string, Uint8Array>>;
}

export interface ValidateJwtSvidRequest {
  readonly audience: string;
  readonly svid: string;
}
