import type { Clock, EventSink } from '../base/index.ts';
import type { Settings } from '../config/index.ts';
import {
  combineSinks,
  createLogSink,
  createMetrics,
  type LogDestination,
  type Metrics,
} from '../observe/index.ts';
import { sallyportVersion } from './version.ts';

/** Where every event of the process goes. */
export interface Observation {
  readonly events: EventSink;
  readonly metrics: Metrics;
  flush(): void;
}

export function createObservation({ log }: Settings, clock: Clock, destination: LogDestination): Observation {
  const lines = createLogSink({ level: log.level, decisions: log.decisions, destination, clock });
  const metrics = createMetrics({ clock, version: sallyportVersion() });
  return { events: combineSinks(lines.sink, metrics.sink), metrics, flush: () => lines.flush() };
}
