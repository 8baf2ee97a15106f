import type { EntrySet, RegistrationEntry } from './workload.ts';

/** The entry that a caller comes closest to, and the selectors of it that the caller does not show. */
export interface NearestEntry {
  readonly entry: RegistrationEntry;
  readonly missing: readonly string[];
}

/** The fewest selectors missing, then the most shown; undefined when there is no entry. */
export function nearestEntry(set: EntrySet, selectors: readonly string[]): NearestEntry | undefined {
  const shown = new Set(selectors);
  let nearest: NearestEntry | undefined;
  for (const entry of set.entries) {
    const missing = entry.selectors.filter((selector) => !shown.has(selector));
    const isNearer =
      nearest === undefined ||
      missing.length < nearest.missing.length ||
      (missing.length === nearest.missing.length && entry.selectors.length > nearest.entry.selectors.length);
    if (isNearer) {
      nearest = { entry, missing };
    }
  }
  return nearest;
}
