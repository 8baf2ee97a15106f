import type { Clock } from '../base/index.ts';

/**
 * The time by which something is forgotten for good, seconds: the wall clock, but never further on than this
 * process has lived. A wall clock that is ahead for a while would otherwise delete revocations and authorities
 * that count again once it is put right. While a machine sleeps this falls behind, and forgetting waits.
 */
export function forgettingClock(clock: Clock): () => number {
  const wallAtStart = clock.nowMillis();
  const monotonicAtStart = clock.monotonicMillis();
  return () => {
    const lived = wallAtStart + clock.monotonicMillis() - monotonicAtStart;
    return Math.min(clock.nowMillis(), lived) / 1000;
  };
}
