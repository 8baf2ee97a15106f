import type { LineLog } from './line-log.ts';

/** A verdict as Sallyport logged it: event `authz.decision`. */
export interface LoggedDecision {
  readonly effect: string;
  readonly reason: string;
  readonly policy: string | undefined;
  readonly rule: number | undefined;
}

/** A line of an Envoy's access log; the fields that the lab looks at. */
export interface AccessLine {
  readonly status: number | undefined;
  readonly details: string;
  readonly peerUri: string;
  readonly peerSerial: string;
  readonly peerFailure: string;
  readonly upstreamFailure: string;
  /** Whether Sallyport's reason stands in the request's dynamic metadata. */
  readonly verdict: Readonly<Record<string, unknown>> | undefined;
}

const WAIT_MILLIS = 2000;

/** The first verdict of a request: at the edge, that of the edge and not of the sidecar behind it. */
export function decisionOfRequest(log: LineLog, requestId: string): Promise<LoggedDecision | undefined> {
  return log.find((line) => (line.includes(requestId) ? readDecision(line) : undefined), {
    timeoutMillis: WAIT_MILLIS,
  });
}

/** The first verdict over a connection to `workload` after a mark. */
export function decisionOfConnection(
  log: LineLog,
  after: number,
  workload: string,
): Promise<LoggedDecision | undefined> {
  return log.find((line) => (line.includes(workload) ? readDecision(line) : undefined), {
    timeoutMillis: WAIT_MILLIS,
    after,
  });
}

export function accessOfRequest(log: LineLog, requestId: string): Promise<AccessLine | undefined> {
  return log.find((line) => (line.includes(requestId) ? readAccess(line) : undefined), {
    timeoutMillis: WAIT_MILLIS,
  });
}

/** A failed handshake after a mark. */
export function failedHandshake(log: LineLog, after: number): Promise<AccessLine | undefined> {
  return log.find(
    (line) => {
      const access = line.includes('"handshake_failed"') ? readAccess(line) : undefined;
      return access === undefined || access.peerFailure === '' ? undefined : access;
    },
    { timeoutMillis: WAIT_MILLIS, after },
  );
}

export function readDecision(line: string): LoggedDecision | undefined {
  const entry = readJson(line);
  if (entry?.['event'] !== 'authz.decision') {
    return undefined;
  }
  const { effect, reason, policy, rule } = entry;
  return {
    effect: textOf(effect),
    reason: textOf(reason),
    policy: typeof policy === 'string' ? policy : undefined,
    rule: typeof rule === 'number' ? rule : undefined,
  };
}

export function readAccess(line: string): AccessLine | undefined {
  const entry = readJson(line);
  if (entry === undefined || typeof entry['listener'] !== 'string') {
    return undefined;
  }
  const verdict = entry['verdict'];
  return {
    status: typeof entry['status'] === 'number' ? entry['status'] : undefined,
    details: textOf(entry['details']),
    peerUri: textOf(entry['peerUri']),
    peerSerial: textOf(entry['peerSerial']),
    peerFailure: textOf(entry['peerFailure']),
    upstreamFailure: textOf(entry['upstreamFailure']),
    verdict: isRecord(verdict) ? verdict : undefined,
  };
}

function readJson(line: string): Readonly<Record<string, unknown>> | undefined {
  if (!line.startsWith('{')) {
    return undefined;
  }
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Envoy writes null, and in older places `-`, for what is not there. */
function textOf(value: unknown): string {
  return typeof value === 'string' && value !== '-' ? value : '';
}
