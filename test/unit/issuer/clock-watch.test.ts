import { describe, expect, it } from 'vitest';
import { watchClock } from '../../../src/issuer/clock-watch.ts';
import { fakeClock } from '../../fakes/clock.ts';

describe('watchClock', () => {
  it('tells a jump once, forward or back, and no small correction', async () => {
    const clock = fakeClock(1_000_000);
    const jumps: number[] = [];
    const stop = watchClock(clock, (jump) => jumps.push(jump));
    await clock.advance(10_000);
    clock.jump(2000);
    await clock.advance(10_000);
    expect(jumps).toEqual([]);
    clock.jump(2001);
    await clock.advance(10_000);
    clock.jump(-7_200_000);
    await clock.advance(1000);
    expect(jumps).toEqual([2001, -7_200_000]);
    stop();
    clock.jump(9_000_000);
    await clock.advance(10_000);
    expect(jumps.length).toBe(2);
    expect(clock.pendingTimers).toBe(0);
  });
});
