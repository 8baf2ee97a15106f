import type { EventSink } from '../base/index.ts';

/**
 * One sink that feeds all. An event comes from the middle of a verdict, so no sink's failure may reach
 * who sent it; the others are told once.
 */
export function combineSinks(...sinks: readonly EventSink[]): EventSink {
  const failed = new Set<EventSink>();
  const deliver = (sink: EventSink, event: Parameters<EventSink>[0]): void => {
    try {
      sink(event);
    } catch (error) {
      if (!failed.has(sink)) {
        failed.add(sink);
        const message = 'a log or the metrics miss events';
        for (const other of sinks.filter((candidate) => !failed.has(candidate))) {
          deliver(other, { level: 'error', event: 'observe.sink_failed', message, error });
        }
      }
    }
  };
  return (event) => {
    for (const sink of sinks) {
      deliver(sink, event);
    }
  };
}
