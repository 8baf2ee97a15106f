export { type Clock, sleep, systemClock, TIMER_MILLIS_MAX, type Timer } from './clock.ts';
export { byCodeUnit } from './code-unit-order.ts';
export {
  type Checked,
  type Diagnostic,
  formatDiagnostic,
  hasErrors,
  type Severity,
  sortDiagnostics,
} from './diagnostics.ts';
export { type Duration, durationBetween, durationOfMillis, parseDuration } from './duration.ts';
export { ERROR_CODES, type ErrorCode } from './error-codes.ts';
export { type ErrorContext, errorCodeOf, errorText, SallyportError } from './errors.ts';
export { type AppEvent, dropEvents, type EventLevel, type EventSink } from './events.ts';
export { InvalidFilesError } from './invalid-files-error.ts';
export {
  formatIpAddress,
  type IpAddress,
  type IpRange,
  parseIpAddress,
  parseIpRange,
  rangeContains,
} from './ip-address.ts';
export { LIMITS } from './limits.ts';
export {
  checkUnixPath,
  formatListenAddress,
  isLocalAddress,
  type ListenAddress,
  parseListenAddress,
  UNIX_PATH_BYTES_MAX,
} from './listen-address.ts';
export { type Random, randomHex, systemRandom } from './random.ts';
export { atOnce, inSlices, type Sliced, sortInSlices } from './slices.ts';
export { checkText, type IssueReport, type TextIssue, textIssue } from './text-check.ts';
