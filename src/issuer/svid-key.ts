import type { SvidRequest } from './issuer-types.ts';

/** The same for equal requests, which share one certificate. */
export function svidKeyOf({ spiffeId, dnsNames, ttlSeconds }: SvidRequest): string {
  // A SPIFFE ID holds no space and begins with no bracket, so the two forms never meet.
  return dnsNames.length === 0
    ? `${spiffeId.uri} ${ttlSeconds ?? ''}`
    : JSON.stringify([spiffeId.uri, ttlSeconds ?? null, ...dnsNames]);
}
