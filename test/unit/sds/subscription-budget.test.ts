import { expect, it } from 'vitest';
import { errorCodeOf, LIMITS } from '../../../src/base/index.ts';
import { createSubscriptionBudget } from '../../../src/sds/subscription-budget.ts';
import { newStream, type StreamState } from '../../../src/xds/index.ts';

function asking(count: number, length: number): StreamState {
  const names = Array.from({ length: count }, (_, index) => String(index).padEnd(length, 'x'));
  return { ...newStream('s'), names: new Set(names) };
}

const BIG = asking(30, 2000);
const BIG_BYTES = 30 * (2000 + 200);

it('takes streams up to the total, and the next when one has gone', () => {
  const budget = createSubscriptionBudget(2 * BIG_BYTES);
  const [first, second, third] = [{}, {}, {}];
  budget.book(first, BIG);
  budget.book(second, BIG);
  expect(() => budget.book(third, BIG)).toThrow('too many names');
  budget.release(first);
  budget.book(third, BIG);
});

it('counts a stream that asks anew once', () => {
  const budget = createSubscriptionBudget(BIG_BYTES);
  const stream = {};
  for (let times = 0; times < 5; times += 1) {
    budget.book(stream, BIG);
  }
  expect(() => budget.book({}, BIG)).toThrow();
});

it('always has room for a stream with few names, and not for one that has one more', () => {
  const budget = createSubscriptionBudget(0);
  const count = Math.floor(LIMITS.subscriptionBytesFree / 256);
  budget.book({}, asking(count, 56));
  let code = '';
  try {
    budget.book({}, asking(count + 1, 56));
  } catch (error) {
    code = errorCodeOf(error);
  }
  expect(code).toBe('ERR_LIMIT_EXCEEDED');
});

it('counts many tiny names by what it costs to keep them', () => {
  const budget = createSubscriptionBudget(0);
  expect(() => budget.book({}, asking(1000, 1))).toThrow();
});
