import { readSpiffeId, type TrustDomain } from '../identity/index.ts';
import type { RegistrationEntry } from '../workload/index.ts';
import { type GenericSecret, type GenericSecrets, NO_SECRETS } from './generic-secrets.ts';
import type { SecretNames } from './sources.ts';

/** What a name stands for. */
export type Wish =
  | { readonly kind: 'svid'; readonly entry: RegistrationEntry }
  | { readonly kind: 'bundle' }
  | { readonly kind: 'generic'; readonly secret: GenericSecret };

/** What of the names a caller may have is decided by its entries alone. */
export interface Wishes {
  /** Undefined for a name nobody has and for one that is not this caller's. */
  of(name: string): Wish | undefined;
  /** What a caller gets that asks for everything, by name: its bundle and each of its identities. */
  all(): ReadonlyMap<string, Wish>;
}

/**
 * Names as SPIRE's agent knows them, in any combination; compared as they are written. A caller without an
 * entry gets nothing, not even the bundle: it is a stranger. A DNS name stands for the first of its entries that
 * has it, so that an Envoy may ask by the server name of a client (SNI); a generic secret is had by its name alone.
 */
export function wishesOf(
  entries: readonly RegistrationEntry[],
  trustDomain: TrustDomain,
  names: SecretNames,
  generic: GenericSecrets = NO_SECRETS,
): Wishes {
  const bundleName = `spiffe://${trustDomain}`;
  const [first] = entries;
  const byId = new Map<string, RegistrationEntry>();
  const byDnsName = new Map<string, RegistrationEntry>();
  for (const entry of entries) {
    if (!byId.has(entry.spiffeId.uri)) {
      byId.set(entry.spiffeId.uri, entry);
    }
    for (const dnsName of entry.dnsNames.map((one) => one.toLowerCase())) {
      if (!byDnsName.has(dnsName)) {
        byDnsName.set(dnsName, entry);
      }
    }
  }
  return {
    of(name) {
      if (first === undefined) {
        return undefined;
      }
      switch (name) {
        case names.svid:
          return { kind: 'svid', entry: first };
        case names.bundle:
        case names.allBundles:
        case bundleName:
          return { kind: 'bundle' };
        default: {
          const entry = readSpiffeId(name) === undefined ? ofServer(name, byDnsName) : byId.get(name);
          const secret = entry === undefined ? generic.get(name) : undefined;
          if (entry !== undefined) {
            return { kind: 'svid', entry };
          }
          return secret !== undefined && [...byId.keys()].some((id) => secret.spiffeIds.has(id))
            ? { kind: 'generic', secret }
            : undefined;
        }
      }
    },
    all() {
      const wishes = new Map<string, Wish>();
      if (first !== undefined) {
        wishes.set(bundleName, { kind: 'bundle' });
      }
      for (const [id, entry] of byId) {
        wishes.set(id, { kind: 'svid', entry });
      }
      return wishes;
    },
  };
}

/** By the name itself, else by the wildcard of its first label; names of servers do not differ by case. */
function ofServer(
  name: string,
  byDnsName: ReadonlyMap<string, RegistrationEntry>,
): RegistrationEntry | undefined {
  if (byDnsName.size === 0) {
    return undefined;
  }
  const lower = name.toLowerCase();
  return byDnsName.get(lower) ?? byDnsName.get(lower.replace(/^[^.]+/, '*'));
}
