import { describe, expect, it } from 'vitest';
import { sleep, systemClock, TIMER_MILLIS_MAX } from '../../../src/base/index.ts';
import { fakeClock } from '../../fakes/clock.ts';

describe('sleep', () => {
  it('resolves when the clock has passed the delay and not before', async () => {
    const clock = fakeClock(0);
    let awake = false;
    const slept = sleep(clock, 100).then(() => {
      awake = true;
    });
    await clock.advance(99);
    expect(awake).toBe(false);
    await clock.advance(1);
    await slept;
    expect(awake).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });

  it('resolves at once when aborted, and leaves no timer', async () => {
    const clock = fakeClock(0);
    const abort = new AbortController();
    const slept = sleep(clock, 1000, abort.signal);
    abort.abort();
    await slept;
    expect(clock.pendingTimers).toBe(0);
    await sleep(clock, 1000, abort.signal);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('systemClock', () => {
  it('does not fire a wait at once because it is longer than a timer can hold', async () => {
    let fired = false;
    const timer = systemClock.startTimer(TIMER_MILLIS_MAX * 10, () => {
      fired = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    timer.cancel();
    expect(fired).toBe(false);
  });
});

describe('fakeClock', () => {
  it('runs timers in order of time and lets a timer start another', async () => {
    const clock = fakeClock(1000);
    const seen: string[] = [];
    clock.startTimer(20, () => seen.push(`b@${clock.nowMillis()}`));
    clock.startTimer(10, () => {
      seen.push(`a@${clock.nowMillis()}`);
      clock.startTimer(5, () => seen.push(`c@${clock.nowMillis()}`));
    });
    await clock.advance(30);
    expect(seen).toEqual(['a@1010', 'c@1015', 'b@1020']);
  });

  it('jumps only the wall clock', () => {
    const clock = fakeClock(1000);
    clock.jump(3_600_000);
    expect(clock.nowMillis()).toBe(3_601_000);
    expect(clock.monotonicMillis()).toBe(0);
  });
});
