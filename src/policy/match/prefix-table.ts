import { byCodeUnit, type Sliced, sortInSlices } from '../../base/index.ts';

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
  /** The position of the longest other prefix of each. */
  const parents: number[] = [];
  const parentOf = (position: number): number => parents[position] ?? NONE;
  const longest = (text: string, from: number): number => {
    let position = from;
    while (position >= 0 && !text.startsWith(prefixes[position] ?? '')) {
      position = parentOf(position);
    }
    return position;
  };
  for (const [position, prefix] of prefixes.entries()) {
    parents.push(longest(prefix, position - 1));
    yield;
  }
  return {
    prefixes,
    some: (text, visit) => {
      for (let at = longest(text, lastNotAfter(prefixes, text)); at >= 0; at = parentOf(at)) {
        if (visit(at)) {
          return true;
        }
      }
      return false;
    },
  };
}

const NONE = -1;

function lastNotAfter(sorted: readonly string[], text: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const candidate = sorted[middle];
    if (candidate !== undefined && candidate <= text) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low - 1;
}
