import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/index.ts';
import { createWorkSlices } from '../../../src/issuer/work-slices.ts';

/** Busy for this long, as a signature is. */
function burn(millis: number): void {
  const end = systemClock.monotonicMillis() + millis;
  while (systemClock.monotonicMillis() < end);
}

describe('work slices', () => {
  it('let other turns of the event loop in between', async () => {
    const slices = createWorkSlices(systemClock);
    let turns = 0;
    let done = false;
    const count = (): void => {
      turns += 1;
      if (!done) {
        setImmediate(count);
      }
    };
    setImmediate(count);
    await Promise.all(Array.from({ length: 100 }, () => slices.run(async () => burn(1))));
    done = true;
    expect(turns).toBeGreaterThan(8);
  });

  it('run at most four pieces at once, every one of them, and pass on what they bring', async () => {
    const slices = createWorkSlices(systemClock);
    let running = 0;
    let most = 0;
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) =>
        slices.run(async () => {
          running += 1;
          most = Math.max(most, running);
          await new Promise((resolve) => setTimeout(resolve, 1));
          running -= 1;
          if (index % 5 === 0) {
            throw new Error('bad');
          }
          return index;
        }),
      ),
    );
    expect(most).toBe(4);
    expect(results.map((result) => (result.status === 'fulfilled' ? result.value : 'bad'))).toEqual(
      Array.from({ length: 20 }, (_, index) => (index % 5 === 0 ? 'bad' : index)),
    );
  });
});
