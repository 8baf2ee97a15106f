import type { EntrySet } from '../workload/index.ts';

/** The registration entries in force; satisfies the source that `sds` declares. */
export interface Entries {
  current(): EntrySet;
  /** Those of the files alone. */
  files(): EntrySet;
  onChange(listener: () => void): () => void;
  /** Takes up what the files say now. */
  replace(files: EntrySet): void;
  /** Looks again at what is in force beside or in place of the files. */
  review(): void;
}

/** What is in force when the files say this. */
export type InForce = (files: EntrySet) => EntrySet;

export function createEntries(first: EntrySet, inForce: InForce = (files) => files): Entries {
  const listeners = new Set<() => void>();
  let files = first;
  let current = inForce(first);
  const review = (): void => {
    current = inForce(files);
    for (const listener of [...listeners]) {
      listener();
    }
  };
  return {
    current: () => current,
    files: () => files,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    replace(next) {
      files = next;
      review();
    },
    review,
  };
}
