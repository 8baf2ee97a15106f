import type { AppEvent, Clock, EventSink } from '../base/index.ts';

/** Tells of refused names, but not of all of them: clients choose names, and clients of clients do by SNI. */
export interface RefusalLog {
  tell(listener: string, make: () => AppEvent): void;
}

const EVENTS_PER_SPAN = 20;
const SPAN_MILLIS = 10_000;

interface Span {
  startMillis: number;
  told: number;
  left: number;
}

/** Twenty in ten seconds for each listener; the first of the next span says how many were left out. */
export function createRefusalLog(clock: Clock, events: EventSink): RefusalLog {
  const spans = new Map<string, Span>();
  return {
    tell(listener, make) {
      const now = clock.monotonicMillis();
      const span = spans.get(listener) ?? { startMillis: now, told: 0, left: 0 };
      spans.set(listener, span);
      let leftOut = 0;
      if (now - span.startMillis >= SPAN_MILLIS) {
        leftOut = span.left;
        span.startMillis = now;
        span.told = 0;
        span.left = 0;
      }
      if (span.told === EVENTS_PER_SPAN) {
        span.left += 1;
        return;
      }
      span.told += 1;
      const event = make();
      events(leftOut === 0 ? event : { ...event, fields: { ...event.fields, leftOut } });
    },
  };
}
