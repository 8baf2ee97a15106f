import type { PeerPolicy, TokenPolicy } from './model.ts';

/** The oldest first; where a file names no time, by name. */
export function byAge(a: PeerPolicy | TokenPolicy, b: PeerPolicy | TokenPolicy): number {
  const age = (policy: PeerPolicy | TokenPolicy) => policy.createdAtMillis ?? Number.MAX_SAFE_INTEGER;
  return age(a) - age(b) || (a.ref.name < b.ref.name ? -1 : a.ref.name > b.ref.name ? 1 : 0);
}
