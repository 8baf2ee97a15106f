/** Work that may be put aside at each `yield`; the value is what it comes to. */
export type Sliced<Value> = Generator<void, Value, void>;

/** Does the work without a pause. */
export function atOnce<Value>(work: Sliced<Value>): Value {
  for (;;) {
    const step = work.next();
    if (step.done === true) {
      return step.value;
    }
  }
}

/** How long a thread that answers calls may be busy with anything else. */
const SLICE_MILLIS = 1;

/**
 * Does the work a little at a time and lets whatever else waits go first in between. What the work throws,
 * or the reason of an aborted `signal`, rejects.
 */
export async function inSlices<Value>(
  work: Sliced<Value>,
  {
    signal,
    sliceMillis = SLICE_MILLIS,
  }: { readonly signal?: AbortSignal; readonly sliceMillis?: number } = {},
): Promise<Value> {
  for (;;) {
    signal?.throwIfAborted();
    const end = performance.now() + sliceMillis;
    do {
      const step = work.next();
      if (step.done === true) {
        return step.value;
      }
    } while (performance.now() < end);
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

const RUN_LENGTH = 256;

/** `items` in order, equal ones as they came. Sorts short runs and merges them, so that it never takes long. */
export function* sortInSlices<Item extends object | string>(
  items: readonly Item[],
  compare: (a: Item, b: Item) => number,
): Sliced<Item[]> {
  let runs: Item[][] = [];
  for (let start = 0; start < items.length; start += RUN_LENGTH) {
    runs.push(items.slice(start, start + RUN_LENGTH).sort(compare));
    yield;
  }
  while (runs.length > 1) {
    const merged: Item[][] = [];
    for (let at = 0; at < runs.length; at += 2) {
      merged.push(yield* merge(runs[at] ?? [], runs[at + 1] ?? [], compare));
    }
    runs = merged;
  }
  return runs[0] ?? [];
}

function* merge<Item extends object | string>(
  left: readonly Item[],
  right: readonly Item[],
  compare: (a: Item, b: Item) => number,
): Sliced<Item[]> {
  const merged: Item[] = [];
  let fromLeft = 0;
  let fromRight = 0;
  for (;;) {
    const one = left[fromLeft];
    const other = right[fromRight];
    if (one !== undefined && (other === undefined || compare(one, other) <= 0)) {
      merged.push(one);
      fromLeft += 1;
    } else if (other !== undefined) {
      merged.push(other);
      fromRight += 1;
    } else {
      return merged;
    }
    if (merged.length % RUN_LENGTH === 0) {
      yield;
    }
  }
}
