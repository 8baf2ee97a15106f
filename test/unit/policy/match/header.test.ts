import { describe, expect, it } from 'vitest';
import type { HeaderView } from '../../../../src/policy/attributes.ts';
import { headerMatcher } from '../../../../src/policy/match/header.ts';
import { parseTextPattern } from '../../../../src/policy/match/text-pattern.ts';

function view(lines: readonly string[] | undefined, joined: boolean): HeaderView {
  return { joined, lines: (name) => (name === 'x' ? lines : undefined) };
}

function matches(values: readonly string[], lines: readonly string[], joined: boolean, certainly: boolean) {
  return headerMatcher('x', values.map(parseTextPattern), certainly)(view(lines, joined));
}

describe('a header', () => {
  it.each([true, false])(
    'of several lines matches by one of them, joined or not (certainly: %s)',
    (certainly) => {
      for (const joined of [true, false]) {
        expect(matches(['a'], ['b', 'a'], joined, certainly)).toBe(true);
        expect(matches(['a'], ['b', 'c'], joined, certainly)).toBe(false);
        expect(matches(['a'], [], joined, certainly)).toBe(false);
      }
    },
  );

  it('that is not there matches nothing, not even a star', () => {
    expect(headerMatcher('y', [{ kind: 'present' }], false)(view(['a'], false))).toBe(false);
    expect(headerMatcher('x', [{ kind: 'present' }], false)(view(undefined, true))).toBe(false);
  });

  it.each([
    // Of a joined line only what holds however it is cut is certain.
    ['a,b', 'a,b', false, true],
    ['a', 'a,b', false, true],
    ['a*', 'a,b', true, true],
    ['*b', 'a,b', true, true],
    ['*', 'a,b', true, true],
    ['a,*', 'a,b', false, true],
    ['b*', 'a,b', false, true],
    ['b*', 'a,bc,d', false, true],
    ['*,b', 'a,b', false, true],
    ['b', 'a, b ,c', false, true],
    [' b', 'a, b,c', false, true],
    [' b', 'a,b,c', false, false],
    // Without a comma it is one line, and compared as it is.
    ['a', ' a', false, false],
    [' a', ' a', true, true],
    ['b,c', 'a, b , c,d', false, true],
    ['b,x', 'a,b,c', false, false],
    ['x', 'a,b,c', false, false],
  ])('%s on the joined line `%s` is certain: %s, possible: %s', (value, line, certain, possible) => {
    expect(matches([value], [line], true, true)).toBe(certain);
    expect(matches([value], [line], true, false)).toBe(possible);
  });
});
