import { describe, expect, it } from 'vitest';
import type { AppEvent } from '../../../src/base/index.ts';
import { combineSinks } from '../../../src/observe/index.ts';

const EVENT: AppEvent = { level: 'info', event: 'test.happened', message: 'm' };

describe('combineSinks', () => {
  it('gives every event to every sink', () => {
    const [a, b]: [AppEvent[], AppEvent[]] = [[], []];
    combineSinks(
      (event) => a.push(event),
      (event) => b.push(event),
    )(EVENT);
    expect([a, b]).toEqual([[EVENT], [EVENT]]);
  });

  it('keeps a sink that fails from its sender, and tells the others once', () => {
    const seen: AppEvent[] = [];
    const sink = combineSinks(
      () => {
        throw new Error('full');
      },
      (event) => void seen.push(event),
    );
    sink(EVENT);
    sink(EVENT);
    expect(seen.map(({ event }) => event)).toEqual(['observe.sink_failed', 'test.happened', 'test.happened']);
  });

  it('does not throw when all fail', () => {
    const fail = () => {
      throw new Error('full');
    };
    expect(() => combineSinks(fail, fail)(EVENT)).not.toThrow();
  });
});
