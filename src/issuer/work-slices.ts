import type { Clock } from '../base/index.ts';

/** Runs work in slices so short that whatever else the process does hardly notices. */
export interface WorkSlices {
  run<T>(work: () => Promise<T>): Promise<T>;
}

/** With the piece that runs past it, about two in all. */
const SLICE_MILLIS = 1;
const AT_ONCE_MAX = 4;

/** At most four pieces of work at once, and a turn of the event loop after every millisecond of it. */
export function createWorkSlices(clock: Clock): WorkSlices {
  const waiting: (() => void)[] = [];
  let running = 0;
  let turn: Promise<void> | undefined;
  let sliceEnd = 0;

  const nextTurn = (): Promise<void> => {
    turn ??= new Promise((resolve) => {
      setImmediate(() => {
        turn = undefined;
        sliceEnd = clock.monotonicMillis() + SLICE_MILLIS;
        resolve();
      });
    });
    return turn;
  };

  const enter = async (): Promise<void> => {
    if (running >= AT_ONCE_MAX) {
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else {
      running += 1;
    }
    while (clock.monotonicMillis() > sliceEnd) {
      await nextTurn();
    }
  };

  /** Hands the place on, so that nobody slips in between. */
  const leave = (): void => {
    const next = waiting.shift();
    if (next === undefined) {
      running -= 1;
    } else {
      next();
    }
  };

  return {
    async run(work) {
      await enter();
      try {
        return await work();
      } finally {
        leave();
      }
    },
  };
}
