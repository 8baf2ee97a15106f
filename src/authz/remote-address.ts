import { formatIpAddress, parseIpAddress } from '../base/index.ts';
import type { AuthzProfile } from './options.ts';

/** Canonical text of an address; undefined for what is none. */
export function canonicalAddress(text: string | undefined): string | undefined {
  const address = text === undefined ? undefined : parseIpAddress(text);
  return address === undefined ? undefined : formatIpAddress(address);
}

/**
 * The client's address when nothing but the Check tells it. A gateway without trusted proxies takes the peer
 * itself, and writes into X-Forwarded-For its own address where the peer is on the same machine.
 */
export function remoteAddressUnder(
  { kind, numTrustedProxies }: Pick<AuthzProfile, 'kind' | 'numTrustedProxies'>,
  forwardedFor: readonly string[] | undefined,
  peer: string | undefined,
): string | undefined {
  return kind === 'gateway' && numTrustedProxies === 0
    ? peer
    : remoteAddress(forwardedFor, numTrustedProxies, peer);
}

/**
 * The client's address as Envoy works it out: of X-Forwarded-For the entry that `numTrustedProxies` entries
 * stand to the right of, because everything further left is written by the client; the peer when there is no
 * such entry or it is no address. Istio specification, section 4.3.
 */
export function remoteAddress(
  forwardedFor: readonly string[] | undefined,
  numTrustedProxies: number,
  peer: string | undefined,
): string | undefined {
  const text = forwardedFor?.join(',') ?? '';
  let end = text.length;
  for (let skipped = 0; skipped < numTrustedProxies; skipped += 1) {
    const comma = text.lastIndexOf(',', end - 1);
    if (comma <= 0) {
      return peer;
    }
    end = comma;
  }
  const start = text.lastIndexOf(',', end - 1) + 1;
  return canonicalAddress(text.slice(start, end).trim()) ?? peer;
}
