/**
 * Runs what is due in slices, so that a change that concerns ten thousand streams holds up nothing else.
 * A task that is due already is not run twice.
 */
export interface Turns {
  add(task: () => void): void;
}

const SLICE = 100;

export function createTurns(): Turns {
  const due = new Set<() => void>();
  let isScheduled = false;

  function run(): void {
    isScheduled = false;
    let left = SLICE;
    for (const task of due) {
      if (left === 0) {
        break;
      }
      left -= 1;
      due.delete(task);
      task();
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
