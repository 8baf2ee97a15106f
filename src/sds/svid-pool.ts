import { type Clock, type EventSink, errorCodeOf, type Timer } from '../base/index.ts';
import type { Issuer, SvidRequest, X509Svid } from '../issuer/index.ts';
import type { RegistrationEntry } from '../workload/index.ts';

/** The SVIDs that open streams use, each kept renewed as long as one of them does. */
export interface SvidPool {
  /** Calls `onChange` whenever `current()` has changed, until the lease is released. */
  lease(entry: RegistrationEntry, onChange: () => void): SvidLease;
  readonly size: number;
}

export interface SvidLease {
  readonly key: string;
  /** Undefined until the first one is issued. */
  current(): X509Svid | undefined;
  release(): void;
}

interface Pooled {
  readonly request: SvidRequest;
  readonly listeners: Set<() => void>;
  svid: X509Svid | undefined;
  failures: number;
  retry: Timer | undefined;
  stopKeeping: (() => void) | undefined;
}

const RETRY_MILLIS = 500;
const RETRY_MILLIS_MAX = 30_000;

export function createSvidPool(issuer: Issuer, clock: Clock, events: EventSink): SvidPool {
  const pool = new Map<string, Pooled>();

  function open(key: string, request: SvidRequest): Pooled {
    const pooled: Pooled = {
      request,
      listeners: new Set(),
      svid: undefined,
      failures: 0,
      retry: undefined,
      stopKeeping: undefined,
    };
    pool.set(key, pooled);
    issue(key, pooled);
    return pooled;
  }

  function take(pooled: Pooled, svid: X509Svid): void {
    pooled.svid = svid;
    for (const onChange of [...pooled.listeners]) {
      onChange();
    }
  }

  function issue(key: string, pooled: Pooled): void {
    const { request } = pooled;
    const issued = async (): Promise<X509Svid> => {
      pooled.stopKeeping ??= issuer.keep(request, (svid) => take(pooled, svid));
      return issuer.x509Svid(request);
    };
    issued().then(
      (svid) => {
        if (pooled.svid === undefined && pool.get(key) === pooled) {
          take(pooled, svid);
        }
      },
      (error: unknown) => retryLater(key, pooled, error),
    );
  }

  function retryLater(key: string, pooled: Pooled, error: unknown): void {
    if (pool.get(key) !== pooled || pooled.svid !== undefined) {
      return;
    }
    pooled.failures += 1;
    const waitMillis = Math.min(RETRY_MILLIS * 2 ** (pooled.failures - 1), RETRY_MILLIS_MAX);
    pooled.retry = clock.startTimer(waitMillis, () => issue(key, pooled));
    events({
      level: 'error',
      event: 'sds.issuance_failed',
      message: 'a certificate that a stream asks for could not be issued and is tried again',
      fields: { spiffeId: pooled.request.spiffeId.uri, code: errorCodeOf(error), waitMillis },
      error,
    });
  }

  return {
    lease(entry, onChange) {
      const request = svidRequestOf(entry);
      const key = keyOf(request);
      const pooled = pool.get(key) ?? open(key, request);
      // A function of its own for each lease, so that one release never ends another.
      const listener = (): void => onChange();
      pooled.listeners.add(listener);
      return {
        key,
        current: () => pooled.svid,
        release() {
          pooled.listeners.delete(listener);
          if (pooled.listeners.size === 0 && pool.get(key) === pooled) {
            pool.delete(key);
            pooled.retry?.cancel();
            pooled.stopKeeping?.();
          }
        },
      };
    },
    get size() {
      return pool.size;
    },
  };
}

export function svidRequestOf(entry: RegistrationEntry): SvidRequest {
  return { spiffeId: entry.spiffeId, dnsNames: entry.dnsNames, ttlSeconds: entry.x509TtlSeconds };
}

/** Equal requests share one certificate. */
export function keyOf({ spiffeId, dnsNames, ttlSeconds }: SvidRequest): string {
  return JSON.stringify([spiffeId.uri, dnsNames, ttlSeconds ?? null]);
}
