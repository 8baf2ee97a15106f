import type { AppEvent, EventSink } from '../../src/base/index.ts';

/** A sink that keeps what it is given. */
export interface EventLog {
  readonly sink: EventSink;
  readonly all: readonly AppEvent[];
  named(event: string): readonly AppEvent[];
}

export function eventLog(): EventLog {
  const all: AppEvent[] = [];
  return {
    sink: (event) => void all.push(event),
    all,
    named: (name) => all.filter(({ event }) => event === name),
  };
}
