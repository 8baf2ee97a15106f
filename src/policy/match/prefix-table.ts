import { type Sliced, sortInSlices } from '../../base/index.ts';

/**
 * Finds all of many prefixes that a text begins with, in the time of a binary search: the longest is the
 * last one that sorts before the text or one that this begins with, and each shorter is a prefix of it.
 */
export interface PrefixTable {
  /** Calls `visit` with the position of each prefix of `text` until it answers true; true if one did. */
  some(text: string, visit: (position: number) => boolean): boolean;
  /** Sorted, each once; positions are indices of this. */
  readonly prefixes: readonly string[];
}

export function* prefixTable(texts: Iterable<string>): Sliced<PrefixTable> {
  const prefixes = yield* sortInSlices([...new Set(texts)], byCodeUnit);
  const parents: number[] = [];
  for (const [position, prefix] of prefixes.entries()) {
    let parent = position - 1;
    while (parent >= 0 && !prefix.startsWith(prefixes[parent] ?? '')) {
      parent = parents[parent] ?? -1;
    }
    parents.push(parent);
    if (position % PREFIXES_PER_STEP === 0) {
      yield;
    }
  }
  return {
    prefixes,
    some: (text, visit) => {
      for (let at = lastNotAfter(prefixes, text); at >= 0; at = parents[at] ?? -1) {
        if (text.startsWith(prefixes[at] ?? '') && visit(at)) {
          return true;
        }
      }
      return false;
    },
  };
}

const PREFIXES_PER_STEP = 256;

function lastNotAfter(sorted: readonly string[], text: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? '') <= text) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low - 1;
}

/** As `<` compares: the order that the binary search relies on. */
function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
