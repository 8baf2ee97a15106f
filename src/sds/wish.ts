import { readSpiffeId, type TrustDomain } from '../identity/index.ts';
import type { RegistrationEntry } from '../workload/index.ts';
import type { SecretNames } from './sources.ts';

/** What a name stands for. */
export type Wish = { readonly kind: 'svid'; readonly entry: RegistrationEntry } | { readonly kind: 'bundle' };

/** What of the names a caller may have is decided by its entries alone. */
export interface Wishes {
  /** Undefined for a name nobody has and for one that is not this caller's. */
  of(name: string): Wish | undefined;
  /** What a caller gets that asks for everything, by name: its bundle and each of its identities. */
  all(): ReadonlyMap<string, Wish>;
}

/**
 * Names as SPIRE's agent knows them, in any combination; compared as they are written. A caller without an
 * entry gets nothing, not even the bundle: it is a stranger.
 */
export function wishesOf(
  entries: readonly RegistrationEntry[],
  trustDomain: TrustDomain,
  names: SecretNames,
): Wishes {
  const bundleName = `spiffe://${trustDomain}`;
  const [first] = entries;
  const byId = new Map<string, RegistrationEntry>();
  for (const entry of entries) {
    if (!byId.has(entry.spiffeId.uri)) {
      byId.set(entry.spiffeId.uri, entry);
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
          const entry = readSpiffeId(name) === undefined ? undefined : byId.get(name);
          return entry === undefined ? undefined : { kind: 'svid', entry };
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
