import { expect, it } from 'vitest';
import { byCodeUnit } from '../../../src/base/index.ts';

it('texts are ordered by their UTF-16 code units, whatever the locale', () => {
  const sorted = ['', 'B', 'a', 'aa', 'ä', '\u{1F600}', '\uffff'];
  expect(sorted.toReversed().sort(byCodeUnit)).toEqual(sorted);
  expect(byCodeUnit('a', 'a')).toBe(0);
});
