import type { EntrySet } from '../workload/index.ts';

/** The registration entries in force; satisfies the source that `sds` declares. */
export interface Entries {
  current(): EntrySet;
  onChange(listener: () => void): () => void;
  replace(next: EntrySet): void;
}

export function createEntries(first: EntrySet): Entries {
  const listeners = new Set<() => void>();
  let current = first;
  return {
    current: () => current,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    replace(next) {
      current = next;
      for (const listener of [...listeners]) {
        listener();
      }
    },
  };
}
