import type { TrustBundle } from '../identity/index.ts';

/** The key of a trust domain in the maps of the Workload API: its ID, not its bare name. */
export function trustDomainId({ trustDomain }: TrustBundle): string {
  return `spiffe://${trustDomain}`;
}

/** Roots as the API wants them: DER, one after the other. */
export function rootsOf({ x509Authorities }: TrustBundle): Uint8Array {
  return Buffer.concat(x509Authorities);
}

/** The keys of JWT-SVIDs as a plain JWK set (RFC 7517), without the members of SPIFFE, as SPIRE's agent has it. */
export function jwkSetOf({ jwtAuthorities }: TrustBundle): Uint8Array {
  const keys = jwtAuthorities.map(({ keyId, publicKey }) => ({ ...publicKey, kid: keyId }));
  return Buffer.from(JSON.stringify({ keys }));
}
