import { expect, it } from 'vitest';
import { encodesTheSame, octetString, sequence, toDer } from '../../../src/x509/der-write.ts';

it.each([0, 1, 127, 128, 255, 256, 65_535, 65_536, 70_000])(
  'a value of %i bytes has the shortest length there is, as another encoder writes it',
  (length) => {
    const inner = octetString(new Uint8Array(length).fill(7));
    expect(encodesTheSame(toDer(inner))).toBe(true);
    const outer = toDer(sequence([inner, octetString(Uint8Array.of(1))]));
    expect(encodesTheSame(outer)).toBe(true);
    expect(outer.subarray(-3)).toEqual(Uint8Array.of(4, 1, 1));
  },
);
