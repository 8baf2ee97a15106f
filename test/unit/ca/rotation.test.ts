import { describe, expect, it } from 'vitest';
import { rotationStep, rotationTimes } from '../../../src/ca/index.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;
const life = (notBeforeSeconds: number, seconds: number) => ({
  notBeforeSeconds,
  notAfterSeconds: notBeforeSeconds + seconds,
});

describe('rotationTimes', () => {
  it.each([
    ['a day', DAY, HOUR, DAY / 2, DAY / 6],
    ['ten years', 3650 * DAY, DAY, 30 * DAY, 7 * DAY],
    ['ten years, for children of 90 days', 3650 * DAY, 90 * DAY, 270 * DAY, 90 * DAY],
    ['a minute', 60, 10, 30, 10],
    ['a day, for children that live too long', DAY, 10 * HOUR, DAY / 2, DAY / 6],
  ])('of %s', (_, lifetime, childTtl, prepareRemaining, activateRemaining) => {
    expect(rotationTimes(life(1000, lifetime), childTtl)).toEqual({
      prepareAtSeconds: 1000 + lifetime - prepareRemaining,
      activateAtSeconds: 1000 + lifetime - activateRemaining,
    });
  });

  it('leave a child of up to a sixth of the lifetime its whole TTL', () => {
    for (const lifetime of [60, DAY, 30 * DAY, 3650 * DAY]) {
      const childTtl = lifetime / 6;
      const { activateAtSeconds } = rotationTimes(life(0, lifetime), childTtl);
      expect(lifetime - activateAtSeconds).toBeGreaterThanOrEqual(childTtl);
    }
  });
});

describe('rotationStep', () => {
  const active = life(0, DAY);
  const step = (nowSeconds: number, prepared?: ReturnType<typeof life>): unknown => {
    const result = rotationStep({ active, prepared }, HOUR, nowSeconds);
    return result.kind === 'wait' ? result.untilSeconds : result.kind;
  };

  it('waits in the first half', () => {
    expect(step(0)).toBe(DAY / 2);
    expect(step(DAY / 2 - 1)).toBe(DAY / 2);
  });

  it('prepares in the second half, then waits for the last sixth', () => {
    expect(step(DAY / 2)).toBe('prepare');
    expect(step(DAY / 2, life(DAY / 2, DAY))).toBe(DAY - DAY / 6);
  });

  it('activates in the last sixth, and prepares first where nothing is prepared', () => {
    const prepared = life(DAY / 2, DAY);
    expect(step(DAY - DAY / 6 - 1, prepared)).toBe(DAY - DAY / 6);
    expect(step(DAY - DAY / 6, prepared)).toBe('activate');
    expect(step(DAY - DAY / 6)).toBe('prepare');
  });

  it('replaces one that is past its end, or not valid yet', () => {
    expect(step(DAY)).toBe('prepare');
    expect(step(2 * DAY, life(DAY / 2, 2 * DAY))).toBe('activate');
    expect(step(-1)).toBe('prepare');
    expect(step(-1, life(-10, DAY))).toBe('activate');
  });

  it('does not count on a prepared one that is past its end or not valid yet', () => {
    expect(step(3 * DAY, life(DAY / 2, DAY))).toBe('prepare');
    expect(step(DAY / 2, life(DAY, DAY))).toBe('prepare');
  });
});
