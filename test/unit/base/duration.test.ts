import { describe, expect, it } from 'vitest';
import { durationBetween, parseDuration } from '../../../src/base/index.ts';

describe('parseDuration', () => {
  it.each([
    ['0s', 0],
    ['250ms', 250],
    ['10s', 10_000],
    ['5m', 300_000],
    ['1h0m0s', 3_600_000],
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['24h', 86_400_000],
    ['1d', 86_400_000],
    ['10y', 315_360_000_000],
    ['100y', 3_153_600_000_000],
  ])('reads %s', (text, millis) => {
    expect(parseDuration(text)).toEqual({ millis, seconds: millis / 1000 });
  });

  it.each([
    '',
    '10',
    's',
    '10 s',
    ' 10s',
    '10s ',
    '-1s',
    '+1s',
    '1e3s',
    '10S',
    '10sec',
    '1,5h',
    '.5h',
    '1.h',
    '0.5ms',
    '101y',
    '9999999999999999y',
    '10s\n',
    '٣s',
    '1m'.repeat(40),
  ])('refuses %j', (text) => {
    expect(() => parseDuration(text)).toThrow(expect.objectContaining({ code: 'ERR_DURATION' }));
  });
});

describe('durationBetween', () => {
  const read = durationBetween('1s', '1h');

  it.each(['1s', '1000ms', '60m', '1h'])('takes %s at or within the bounds', (text) => {
    expect(read(text).millis).toBe(parseDuration(text).millis);
  });

  it.each(['999ms', '3600001ms', '0s', '2h'])('refuses %s beyond them', (text) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'ERR_DURATION' }));
  });
});
