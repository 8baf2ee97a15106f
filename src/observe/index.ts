export { combineSinks } from './combine-sinks.ts';
export {
  createLogSink,
  type LogDestination,
  type LogSink,
  type LogSinkOptions,
  standardOutput,
} from './log-sink.ts';
export { createMetrics, type Metrics, type MetricsOptions } from './metrics.ts';
