import type { Clock, EventSink } from '../base/index.ts';
import type { Caller } from '../grpc/index.ts';
import type { TrustBundle } from '../identity/index.ts';
import type { JwtIssuer, SvidPool } from '../issuer/index.ts';
import type { Attestation, EntrySet } from '../workload/index.ts';

/** What all calls of the Workload API share. */
export interface World {
  readonly pool: SvidPool;
  readonly tokens: JwtIssuer;
  readonly clock: Clock;
  readonly events: EventSink;
  /** Callers whose refusal was told, so that one that asks again and again fills no log. */
  readonly told: WeakSet<Caller>;
  /** The same object until it changes. */
  entries(): EntrySet;
  bundle(): TrustBundle;
  selectorsOf(caller: Caller): Attestation;
}
