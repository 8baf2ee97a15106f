import type { SallyportError } from '../base/index.ts';
import type { KeySetState } from '../jwt/index.ts';

/** One key set that is in use; fetched ones renew themselves until `stop`. */
export interface KeySetHolder {
  current(): KeySetState;
  status(): KeySetStatus;
  /**
   * Resolves once the set is there, or has been fetched anew because a token named a key it lacks; rejects when
   * no key is to be had now. Starts a fetch only where one may be started.
   */
  arrival(): Promise<void>;
  stop(): void;
}

export interface KeySetStatus {
  readonly keySetId: string;
  readonly kind: 'inline' | 'uri' | 'discovery';
  /** The origin that the keys come from; undefined for inline ones. */
  readonly source: string | undefined;
  readonly status: 'ready' | 'missing' | 'unusable' | 'expired';
  readonly keys: number;
  /** Since the server last gave these keys; undefined for inline sets and without keys. */
  readonly ageSeconds: number | undefined;
  /** Of the last fetch, when it failed. */
  readonly lastErrorCode: SallyportError['code'] | undefined;
  readonly failures: number;
}
