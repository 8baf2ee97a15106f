import { describe, expect, test } from 'vitest';
import { type Answer, answerCheck, type LoopOptions, type ProviderAnswer } from '../../../src/authz/index.ts';
import { durationOfMillis } from '../../../src/base/index.ts';
import { fakeClock } from '../../fakes/clock.ts';
import { attributesOf, callOf, encodeCheck, NOW_SECONDS, policy, snapshotOf } from './bed.ts';
import { allowed, provider, refused } from './custom-bed.ts';

const POLICIES = policy('CUSTOM', '[{}]', 'one', 'a') + policy('CUSTOM', '[{}]', 'two', 'b');

function world(changes: object = {}) {
  const clock = fakeClock(NOW_SECONDS * 1000);
  const snapshot = snapshotOf({ policies: POLICIES, providers: [provider('a', changes), provider('b')] });
  const asked: { readonly name: string; readonly waitMillis: number }[] = [];
  return {
    clock,
    asked,
    answer(answers: readonly (ProviderAnswer | Promise<ProviderAnswer>)[], more: Partial<LoopOptions> = {}) {
      const left = [...answers];
      return answerCheck(callOf(encodeCheck(attributesOf({}))), snapshot, {
        clock,
        deadlineMillis: NOW_SECONDS * 1000 + 1000,
        waitForKeys: () => Promise.reject(new Error('nobody fetches')),
        askProvider: async (question, waitMillis) => {
          asked.push({ name: question.provider.name, waitMillis });
          return left.shift() ?? Promise.reject(new Error('asked too often'));
        },
        ...more,
      });
    },
  };
}

const providersOf = async (answer: Answer | Promise<Answer>) => (await answer).record.providers;
const never = new Promise<ProviderAnswer>(() => {});

describe('the loop', () => {
  test('asks each provider once, in their order', async () => {
    const { answer, asked } = world();
    expect(await providersOf(answer([allowed(), allowed()]))).toEqual(['a allowed', 'b allowed']);
    expect(asked.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  test('stops at the first denial', async () => {
    const { answer, asked } = world();
    expect(await providersOf(answer([refused()]))).toEqual(['a denied']);
    expect(asked).toHaveLength(1);
  });

  test('gives each what the call has left, less a margin, and never more than its timeout', async () => {
    const { answer, asked, clock } = world({ timeout: durationOfMillis(300) });
    const slow = new Promise<ProviderAnswer>((resolve) => {
      clock.startTimer(200, () => resolve(allowed()));
    });
    const result = answer([slow, allowed()]);
    await clock.advance(200);
    expect(await providersOf(result)).toEqual(['a allowed', 'b allowed']);
    expect(asked).toEqual([
      { name: 'a', waitMillis: 300 },
      { name: 'b', waitMillis: 720 },
    ]);
  });

  test('waits by its own clock too', async () => {
    const { answer, clock } = world({ timeout: durationOfMillis(300) });
    const result = answer([never]);
    await clock.advance(300);
    expect(await providersOf(result)).toEqual(['a failed timeout']);
    expect(clock.pendingTimers).toBe(0);
  });

  test('asks nobody when there is no time', async () => {
    const { answer, asked } = world();
    expect(await providersOf(answer([], { deadlineMillis: NOW_SECONDS * 1000 }))).toEqual([
      'a failed timeout',
    ]);
    expect(asked).toEqual([]);
  });

  test('takes a client that breaks for no verdict, failOpen or not', async () => {
    const { answer } = world({ failOpen: true });
    expect(await providersOf(answer([]))).toEqual(['a failed reply']);
  });

  test('without anybody who asks, denies', async () => {
    const { answer } = world({ failOpen: true });
    const result = await answer([], { askProvider: undefined });
    expect(result.record).toMatchObject({ effect: 'deny', providers: ['a failed question'] });
  });
});
