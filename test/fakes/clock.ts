import type { Clock, Timer } from '../../src/base/index.ts';

/** A clock that stands still until it is told to move, and then fires the timers it passes, in order. */
export interface FakeClock extends Clock {
  /** Moves both clocks on and runs what becomes due, letting promises settle in between. */
  advance(millis: number): Promise<void>;
  /** Moves the wall clock alone, as a suspended laptop or a correction does. */
  jump(millis: number): void;
  readonly pendingTimers: number;
}

export function fakeClock(startMillis: number): FakeClock {
  let wallOffset = startMillis;
  let monotonic = 0;
  const timers = new Set<{ readonly at: number; readonly run: () => void }>();
  return {
    nowMillis: () => wallOffset + monotonic,
    monotonicMillis: () => monotonic,
    startTimer(delayMillis, run): Timer {
      const timer = { at: monotonic + Math.max(0, delayMillis), run };
      timers.add(timer);
      return { cancel: () => void timers.delete(timer) };
    },
    async advance(millis) {
      const end = monotonic + millis;
      for (;;) {
        await settle();
        const next = [...timers].sort((a, b) => a.at - b.at)[0];
        if (next === undefined || next.at > end) {
          break;
        }
        timers.delete(next);
        monotonic = Math.max(monotonic, next.at);
        next.run();
      }
      monotonic = end;
      await settle();
    },
    jump(millis) {
      wallOffset += millis;
    },
    get pendingTimers() {
      return timers.size;
    },
  };
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) {
    await Promise.resolve();
  }
  await new Promise((resolve) => setImmediate(resolve));
}
