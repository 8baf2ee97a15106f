/** The two clocks and the timers of a process; the only door to time. */
export interface Clock {
  /** Wall clock, milliseconds since the Unix epoch; may jump. */
  nowMillis(): number;
  /** Never goes back; for durations. */
  monotonicMillis(): number;
  /** Calls `run` once after `delayMillis`; does not keep the process alive. */
  startTimer(delayMillis: number, run: () => void): Timer;
}

export interface Timer {
  cancel(): void;
}

/** `setTimeout` fires at once for anything longer; a longer wait must be cut into steps of this size. */
export const TIMER_MILLIS_MAX = 2 ** 31 - 1;

export const systemClock: Clock = {
  nowMillis: () => Date.now(),
  monotonicMillis: () => performance.now(),
  startTimer(delayMillis, run) {
    const handle = setTimeout(run, Math.min(Math.max(0, delayMillis), TIMER_MILLIS_MAX));
    handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
};

/** Resolves after `delayMillis` of the given clock, or at once when `signal` is aborted. */
export function sleep(clock: Clock, delayMillis: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve();
      return;
    }
    const timer = clock.startTimer(delayMillis, finish);
    function finish(): void {
      timer.cancel();
      signal?.removeEventListener('abort', finish);
      resolve();
    }
    signal?.addEventListener('abort', finish);
  });
}
