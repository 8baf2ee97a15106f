import { X509Certificate } from 'node:crypto';
import type { PublicJwk, TrustBundle } from './trust-bundle.ts';

/** What a bundle document is made from. */
export type BundleContent = Pick<
  TrustBundle,
  'x509Authorities' | 'jwtAuthorities' | 'sequence' | 'refreshHintSeconds'
>;

/** A JWK set with the members of SPIFFE. SPIFFE Trust Domain and Bundle, section 4. */
export interface SpiffeBundleDocument {
  readonly keys: readonly Readonly<Record<string, unknown>>[];
  readonly spiffe_sequence: number;
  readonly spiffe_refresh_hint: number;
}

/** The bundle as other trust domains read it; it does not say whose it is. */
export function spiffeBundleDocument(bundle: BundleContent): SpiffeBundleDocument {
  return {
    keys: [
      ...bundle.x509Authorities.map((der) => ({
        use: 'x509-svid',
        ...publicJwkOf(der),
        x5c: [Buffer.from(der).toString('base64')],
      })),
      ...bundle.jwtAuthorities.map(({ keyId, publicKey }) => ({ use: 'jwt-svid', kid: keyId, ...publicKey })),
    ],
    spiffe_sequence: bundle.sequence,
    spiffe_refresh_hint: bundle.refreshHintSeconds,
  };
}

/** A plain JWK set (RFC 7517) with the keys of JWT-SVIDs, as verifiers of OpenID Connect read it. */
export interface JwkSetDocument {
  readonly keys: readonly (PublicJwk & { readonly use: 'sig'; readonly kid: string; readonly alg: string })[];
}

export function jwkSetDocument({ jwtAuthorities }: Pick<TrustBundle, 'jwtAuthorities'>): JwkSetDocument {
  return {
    keys: jwtAuthorities.map(({ keyId, publicKey }) => ({
      use: 'sig',
      kid: keyId,
      alg: algorithmOf(publicKey),
      ...publicKey,
    })),
  };
}

/** The one algorithm that our key of a kind signs with. RFC 7518, section 3.1. */
function algorithmOf({ kty, crv }: PublicJwk): string {
  if (kty === 'RSA') {
    return 'RS256';
  }
  return crv === 'P-384' ? 'ES384' : 'ES256';
}

function publicJwkOf(der: Uint8Array): object {
  return new X509Certificate(der).publicKey.export({ format: 'jwk' });
}
