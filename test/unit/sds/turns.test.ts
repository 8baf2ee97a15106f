import { describe, expect, it } from 'vitest';
import { createTurns } from '../../../src/sds/turns.ts';
import { fakeClock } from '../../fakes/clock.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('createTurns', () => {
  it('lets others run between two slices of 1 ms', async () => {
    let nowMillis = 0;
    const turns = createTurns({ ...fakeClock(0), monotonicMillis: () => nowMillis });
    let done = 0;
    for (let index = 0; index < 250; index += 1) {
      turns.add(() => {
        done += 1;
        nowMillis += 0.02;
      });
    }
    const seen: number[] = [done];
    while (done < 250) {
      await turn();
      seen.push(done);
    }
    expect(seen).toEqual([0, 50, 100, 150, 200, 250]);
  });

  it('runs one task a turn at least, however slow it is', async () => {
    let nowMillis = 0;
    const turns = createTurns({ ...fakeClock(0), monotonicMillis: () => nowMillis });
    const ran: string[] = [];
    for (const name of ['a', 'b']) {
      turns.add(() => {
        ran.push(name);
        nowMillis += 1000;
      });
    }
    await turn();
    expect(ran).toEqual(['a']);
    await turn();
    expect(ran).toEqual(['a', 'b']);
  });

  it('runs what is due already once, and again when it is added afterwards', async () => {
    const turns = createTurns(fakeClock(0));
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
