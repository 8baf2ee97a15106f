import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packParcel, unpackParcel } from '../../../src/app/parcel.ts';
import { atOnce } from '../../../src/base/index.ts';

/** What a checked policy is made of. */
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { depthSize: 'medium' },
    fc.string(),
    fc.integer(),
    fc.bigInt(),
    fc.constant(undefined),
    fc.constant(null),
    fc.array(fc.tuple(fc.string(), fc.string())).map((pairs) => new Map(pairs)),
    fc.array(tie('tree'), { maxLength: 12 }),
    fc.dictionary(fc.string(), tie('tree'), { maxKeys: 6, noNullPrototype: true }),
  ),
}));

/** Through another thread, as far as the data can tell. */
function sent(value: unknown, pieceWeight?: number): unknown {
  return atOnce(unpackParcel(structuredClone(packParcel(value, pieceWeight))));
}

describe('a parcel', () => {
  it('arrives as it was sent, however small its pieces', () => {
    fc.assert(
      fc.property(tree, fc.integer({ min: 1, max: 50 }), (value, weight) => {
        expect(sent(value, weight)).toEqual(value);
        expect(sent(value)).toEqual(value);
      }),
      { numRuns: 300 },
    );
  });

  it('keeps a name that prototypes have, in a piece with others and in one of its own', () => {
    const value = JSON.parse('{"a":[1,2,3],"__proto__":{"b":[4,5,6]},"c":1}');
    for (const weight of [1, 3, 7, 50]) {
      const arrived = sent(value, weight) as object;
      expect(Object.keys(arrived).sort()).toEqual(['__proto__', 'a', 'c']);
      expect(JSON.parse(JSON.stringify(arrived))).toEqual(value);
      expect(Object.getPrototypeOf(arrived)).toBe(Object.prototype);
    }
  });

  it('has small pieces, whatever is large in it', () => {
    const long = Array.from({ length: 20_000 }, (_, index) => ({ kind: 'exact', text: `v${index}` }));
    const value = {
      one: [{ name: 'a', rules: [{ values: long }] }],
      many: long.map((item) => [item]),
      text: 'x',
    };
    const { pieces } = packParcel(value);
    expect(sent(value)).toEqual(value);
    expect(pieces.length).toBeGreaterThan(30);
    expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(100_000);
  });

  it('is read a piece at each step', () => {
    const parcel = packParcel(
      Array.from({ length: 100 }, (_, index) => [index]),
      10,
    );
    let steps = 0;
    for (const reading = unpackParcel(parcel); reading.next().done !== true; ) {
      steps += 1;
    }
    expect(steps).toBe(parcel.pieces.length);
    expect(steps).toBeGreaterThan(10);
  });

  it('that lacks a piece is an error', () => {
    const parcel = packParcel(
      Array.from({ length: 100 }, (_, index) => [index]),
      10,
    );
    expect(() => atOnce(unpackParcel({ ...parcel, pieces: parcel.pieces.slice(1) }))).toThrow();
  });
});
