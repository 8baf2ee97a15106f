import type { EntrySet } from '../workload/index.ts';
import type { GenericSecrets } from './generic-secrets.ts';
import type { SecretNames } from './sources.ts';
import { type Wishes, wishesOf } from './wish.ts';

/** What somebody may have by the entries of a moment. */
export interface Rights {
  readonly wishes: Wishes;
  readonly entryCount: number;
}

/** Looks up what a caller may have, for all streams of callers that are known by the same selectors once. */
export type WishBook = (set: EntrySet, generic: GenericSecrets, selectors: readonly string[]) => Rights;

/** Of one set of entries; when it is full it starts anew, and streams keep what they have. */
const KEPT_MAX = 1000;

/**
 * Ten thousand streams of one socket with ten thousand entries would otherwise each keep a map of all of them.
 */
export function createWishBook(names: SecretNames): WishBook {
  let of: { readonly set: EntrySet; readonly generic: GenericSecrets } | undefined;
  let kept = new Map<string, Rights>();
  return (set, generic, selectors) => {
    if (of?.set !== set || of.generic !== generic || kept.size >= KEPT_MAX) {
      of = { set, generic };
      kept = new Map();
    }
    const key = JSON.stringify(selectors);
    let rights = kept.get(key);
    if (rights === undefined) {
      const entries = set.matching(selectors);
      rights = {
        wishes: wishesOf(entries, set.trustDomain, names, generic),
        entryCount: entries.length,
      };
      kept.set(key, rights);
    }
    return rights;
  };
}
