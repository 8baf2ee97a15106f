import type { Clock, EventSink, Random } from '../base/index.ts';
import type { Caller } from '../grpc/index.ts';
import type { TrustBundle } from '../identity/index.ts';
import type { CrlSet, Issuer, SvidPool } from '../issuer/index.ts';
import type { Attestation, EntrySet } from '../workload/index.ts';
import type { GenericSecrets } from './generic-secrets.ts';
import type { RefusalLog } from './refusal-log.ts';
import type { SecretCache } from './secret-cache.ts';
import type { Validator } from './sources.ts';
import type { SubscriptionBudget } from './subscription-budget.ts';
import type { Turns } from './turns.ts';
import type { WishBook } from './wish-book.ts';

/** What all calls of the Secret service share. */
export interface World {
  readonly issuer: Issuer;
  readonly pool: SvidPool;
  readonly cache: SecretCache;
  readonly turns: Turns;
  readonly budget: SubscriptionBudget;
  readonly rightsOf: WishBook;
  /** Of a listener, as it is set. */
  validatorOf(listener: string): Validator;
  /** Undefined until the first ones are there. */
  crls(): CrlSet | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: EventSink;
  readonly refusals: RefusalLog;
  /** The same object until it changes. */
  entries(): EntrySet;
  /** The same object until it changes. */
  generic(): GenericSecrets;
  bundle(): TrustBundle;
  selectorsOf(caller: Caller): Attestation;
}
