import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { atOnce, inSlices, type Sliced, sortInSlices } from '../../../src/base/index.ts';

function* countTo(end: number, seen: string[] = []): Sliced<number> {
  for (let at = 1; at <= end; at += 1) {
    seen.push(`step ${at}`);
    yield;
  }
  return end;
}

describe('inSlices', () => {
  it('comes to what the work comes to', async () => {
    expect(await inSlices(countTo(1000))).toBe(1000);
    expect(atOnce(countTo(1000))).toBe(1000);
  });

  it('lets what waits go first between two slices', async () => {
    const seen: string[] = [];
    setImmediate(() => seen.push('other'));
    await inSlices(countTo(3, seen), { sliceMillis: 0 });
    expect(seen).toEqual(['step 1', 'other', 'step 2', 'step 3']);
  });

  it('rejects with what the work throws', async () => {
    function* broken(): Sliced<number> {
      yield;
      throw new Error('broken');
    }
    await expect(inSlices(broken())).rejects.toThrow('broken');
  });

  it('ends at the next slice when it is aborted', async () => {
    const stopping = new AbortController();
    const seen: string[] = [];
    const work = inSlices(countTo(100, seen), { signal: stopping.signal, sliceMillis: 0 });
    stopping.abort(new Error('stopped'));
    await expect(work).rejects.toThrow('stopped');
    expect(seen).toEqual(['step 1']);
  });
});

describe('sortInSlices', () => {
  it('sorts as the sort of the language does, equal ones as they came', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(300), { maxLength: 2000 }), (numbers) => {
        const items = numbers.map((key, at) => ({ key, at }));
        const compare = (a: { readonly key: number }, b: { readonly key: number }) => a.key - b.key;
        expect(atOnce(sortInSlices(items, compare))).toEqual(items.toSorted(compare));
      }),
      { numRuns: 100 },
    );
  });

  it('pauses often, whatever the order', () => {
    const texts = Array.from({ length: 5000 }, (_, index) => String(index % 2 === 0 ? index : -index));
    const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
    let pauses = 0;
    for (const work = sortInSlices(texts, byText); work.next().done !== true; ) {
      pauses += 1;
    }
    expect(pauses).toBeGreaterThan(100);
  });
});
