import { describe, expect, it } from 'vitest';
import { maxAgeSecondsOf } from '../../../src/keys/cache-control.ts';

describe('maxAgeSecondsOf', () => {
  it.each([
    [undefined, undefined, undefined],
    ['', undefined, undefined],
    ['public', undefined, undefined],
    ['max-age=600', undefined, 600],
    ['public, MAX-AGE=600, must-revalidate', undefined, 600],
    ['max-age="600"', undefined, 600],
    ['max-age=600', '100', 500],
    ['max-age=600', '700', 0],
    ['max-age=600', '-1', 600],
    ['max-age=600', 'x', 600],
    ['max-age=0', undefined, 0],
    ['no-store', undefined, 0],
    ['max-age=600, no-cache', undefined, 0],
    ['max-age=-1', undefined, undefined],
    ['max-age=1e9', undefined, undefined],
    ['max-age=', undefined, undefined],
    ['max-age=99999999999', undefined, undefined],
    ['s-maxage=600', undefined, undefined],
    ['x-max-age=600', undefined, undefined],
  ])('%j with age %j: %j', (cacheControl, age, seconds) => {
    expect(maxAgeSecondsOf(cacheControl, age)).toBe(seconds);
  });
});
