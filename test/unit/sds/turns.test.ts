import { describe, expect, it } from 'vitest';
import { createTurns } from '../../../src/sds/turns.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('createTurns', () => {
  it('lets others run between two slices', async () => {
    const turns = createTurns();
    let done = 0;
    for (let index = 0; index < 250; index += 1) {
      turns.add(() => {
        done += 1;
      });
    }
    const seen: number[] = [done];
    while (done < 250) {
      await turn();
      seen.push(done);
    }
    expect(seen).toEqual([0, 100, 200, 250]);
  });

  it('runs what is due already once, and again when it is added afterwards', async () => {
    const turns = createTurns();
    let runs = 0;
    const task = (): void => {
      runs += 1;
    };
    turns.add(task);
    turns.add(task);
    await turn();
    expect(runs).toBe(1);
    turns.add(task);
    await turn();
    expect(runs).toBe(2);
  });
});
