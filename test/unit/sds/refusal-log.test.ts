import { expect, it } from 'vitest';
import { createRefusalLog } from '../../../src/sds/refusal-log.ts';
import { fakeClock } from '../../fakes/clock.ts';
import { eventLog } from '../../fakes/events.ts';

it('tells of twenty refusals in ten seconds for each listener, and then how many it left out', async () => {
  const clock = fakeClock(0);
  const log = eventLog();
  const refusals = createRefusalLog(clock, log.sink);
  const refuse = (listener: string, times: number): void => {
    for (let count = 0; count < times; count += 1) {
      refusals.tell(listener, () => ({
        level: 'warn',
        event: 'sds.name_refused',
        message: 'left out',
        fields: { listener },
      }));
    }
  };
  refuse('a', 20);
  expect(log.all).toHaveLength(20);
  refuse('a', 100);
  refuse('b', 1);
  expect(log.all).toHaveLength(21);
  await clock.advance(10_000);
  refuse('a', 21);
  expect(log.all).toHaveLength(41);
  expect(log.all[21]?.fields).toEqual({ listener: 'a', leftOut: 100 });
  expect(log.all[22]?.fields).toEqual({ listener: 'a' });
});

it('makes no event that is not told', () => {
  const log = eventLog();
  const refusals = createRefusalLog(fakeClock(0), log.sink);
  let made = 0;
  for (let count = 0; count < 1000; count += 1) {
    refusals.tell('a', () => {
      made += 1;
      return { level: 'warn', event: 'sds.name_refused', message: 'left out' };
    });
  }
  expect(made).toBe(20);
});
