import type { Clock } from '../base/index.ts';

const CHECK_MILLIS = 1000;
const JUMP_MILLIS = 2000;

/**
 * Calls `onJump` when the wall clock moved apart from the monotonic one by over two seconds, as after a
 * suspended laptop or a correction: timers know nothing of that. Positive is forward. Returns the stop.
 */
export function watchClock(clock: Clock, onJump: (jumpMillis: number) => void): () => void {
  const offsetNow = (): number => clock.nowMillis() - clock.monotonicMillis();
  let offset = offsetNow();
  let stopped = false;
  let timer = clock.startTimer(CHECK_MILLIS, check);
  function check(): void {
    const jump = offsetNow() - offset;
    offset += jump;
    if (Math.abs(jump) > JUMP_MILLIS) {
      onJump(jump);
    }
    if (!stopped) {
      timer = clock.startTimer(CHECK_MILLIS, check);
    }
  }
  return () => {
    stopped = true;
    timer.cancel();
  };
}
