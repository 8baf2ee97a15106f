import type { TrustDomain } from './trust-domain.ts';

/**
 * The keys by which identities of one trust domain are verified. SPIFFE Trust Domain and Bundle,
 * section 4. Bundles of two trust domains are never merged.
 */
export interface TrustBundle {
  readonly trustDomain: TrustDomain;
  /** Root certificates, DER, in the order they are published. */
  readonly x509Authorities: readonly Uint8Array[];
  readonly jwtAuthorities: readonly JwtAuthority[];
  /** Grows with every change. */
  readonly sequence: number;
  readonly refreshHintSeconds: number;
}

export interface JwtAuthority {
  readonly keyId: string;
  readonly publicKey: PublicJwk;
}

/** The public members of a JWK (RFC 7517) that name a key; no private one has a place here. */
export interface PublicJwk {
  readonly kty: 'EC' | 'RSA' | 'OKP';
  readonly crv?: string;
  readonly x?: string;
  readonly y?: string;
  readonly n?: string;
  readonly e?: string;
}
