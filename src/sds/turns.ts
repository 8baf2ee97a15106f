import type { Clock } from '../base/index.ts';

/**
 * Runs what is due in slices, so that a change that concerns ten thousand streams holds up nothing else.
 * A task that is due already is not run twice.
 */
export interface Turns {
  add(task: () => void): void;
}

const SLICE_MILLIS = 1;

export function createTurns(clock: Clock): Turns {
  const due = new Set<() => void>();
  let isScheduled = false;

  function run(): void {
    isScheduled = false;
    const end = clock.monotonicMillis() + SLICE_MILLIS;
    for (const task of due) {
      due.delete(task);
      task();
      if (clock.monotonicMillis() >= end) {
        break;
      }
    }
    schedule();
  }

  function schedule(): void {
    if (!isScheduled && due.size > 0) {
      isScheduled = true;
      setImmediate(run);
    }
  }

  return {
    add(task) {
      due.add(task);
      schedule();
    },
  };
}
