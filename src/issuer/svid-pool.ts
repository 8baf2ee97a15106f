import { type Clock, type EventSink, errorCodeOf, type Timer } from '../base/index.ts';
import type { RegistrationEntry } from '../workload/index.ts';
import type { Issuer, SvidRequest, X509Svid } from './issuer-types.ts';
import { svidKeyOf } from './svid-key.ts';

export interface SvidLease {
  /** Undefined until the first one is issued, and when renewal has failed for so long that it is past its end. */
  current(): X509Svid | undefined;
  release(): void;
}

interface Pooled {
  readonly key: string;
  readonly request: SvidRequest;
  /** With who each of them is. */
  readonly listeners: Map<() => void, string | undefined>;
  svid: X509Svid | undefined;
  failures: number;
  retry: Timer | undefined;
  stopKeeping: (() => void) | undefined;
}

const RETRY_MILLIS = 500;
const RETRY_MILLIS_MAX = 30_000;
const CALLERS_TOLD = 3;

/** The SVIDs that open streams use, each kept renewed as long as one of them does. */
export class SvidPool {
  readonly #pooled = new Map<string, Pooled>();
  readonly #issuer: Issuer;
  readonly #clock: Clock;
  readonly #events: EventSink;

  constructor(issuer: Issuer, clock: Clock, events: EventSink) {
    this.#issuer = issuer;
    this.#clock = clock;
    this.#events = events;
  }

  /** Calls `onChange` whenever `current()` has changed, until the lease is released. */
  lease(entry: RegistrationEntry, onChange: () => void, caller?: string): SvidLease {
    const request = svidRequestOf(entry);
    const key = svidKeyOf(request);
    const known = this.#pooled.get(key);
    const pooled = known ?? this.#open(key, request);
    // A function of its own for each lease, so that one release never ends another.
    const listener = (): void => onChange();
    pooled.listeners.set(listener, caller);
    if (known === undefined) {
      this.#issue(pooled);
    }
    return {
      current: () => this.#inForce(pooled),
      release: () => {
        pooled.listeners.delete(listener);
        if (pooled.listeners.size === 0) {
          this.#close(pooled);
        }
      },
    };
  }

  #open(key: string, request: SvidRequest): Pooled {
    const pooled: Pooled = {
      key,
      request,
      listeners: new Map(),
      svid: undefined,
      failures: 0,
      retry: undefined,
      stopKeeping: undefined,
    };
    this.#pooled.set(key, pooled);
    return pooled;
  }

  #close(pooled: Pooled): void {
    if (this.#isOpen(pooled)) {
      this.#pooled.delete(pooled.key);
      pooled.retry?.cancel();
      pooled.stopKeeping?.();
    }
  }

  #isOpen(pooled: Pooled): boolean {
    return this.#pooled.get(pooled.key) === pooled;
  }

  #inForce({ svid }: Pooled): X509Svid | undefined {
    return svid !== undefined && svid.notAfterSeconds * 1000 > this.#clock.nowMillis() ? svid : undefined;
  }

  #issue(pooled: Pooled): void {
    const issued = async (): Promise<X509Svid> => {
      const callers = (): string | undefined => callersOf(pooled);
      pooled.stopKeeping ??= this.#issuer.keep(pooled.request, (svid) => this.#take(pooled, svid), callers);
      return this.#issuer.x509Svid(pooled.request, callers);
    };
    issued().then(
      (svid) => {
        if (pooled.svid === undefined) {
          this.#take(pooled, svid);
        }
      },
      (error: unknown) => this.#retryLater(pooled, error),
    );
  }

  #take(pooled: Pooled, svid: X509Svid): void {
    pooled.svid = svid;
    for (const onChange of [...pooled.listeners.keys()]) {
      onChange();
    }
  }

  #retryLater(pooled: Pooled, error: unknown): void {
    if (!this.#isOpen(pooled) || pooled.svid !== undefined) {
      return;
    }
    pooled.failures += 1;
    const waitMillis = Math.min(RETRY_MILLIS * 2 ** (pooled.failures - 1), RETRY_MILLIS_MAX);
    pooled.retry = this.#clock.startTimer(waitMillis, () => this.#issue(pooled));
    this.#events({
      level: 'error',
      event: 'issuer.issuanceFailed',
      message: 'a certificate that a stream asks for could not be issued and is tried again',
      fields: { spiffeId: pooled.request.spiffeId.uri, code: errorCodeOf(error), waitMillis },
      error,
    });
  }
}

/** A few of those who share a certificate, and how many more there are. */
function callersOf({ listeners }: Pooled): string | undefined {
  const callers = [...new Set([...listeners.values()].filter((caller) => caller !== undefined))];
  const more = callers.length - CALLERS_TOLD;
  const told = callers.slice(0, CALLERS_TOLD);
  return callers.length === 0 ? undefined : [...told, ...(more > 0 ? [`${more} more`] : [])].join('; ');
}

export function svidRequestOf(entry: RegistrationEntry): SvidRequest {
  return { spiffeId: entry.spiffeId, dnsNames: entry.dnsNames, ttlSeconds: entry.x509TtlSeconds };
}
