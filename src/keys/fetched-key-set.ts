import { type Clock, type ErrorCode, type Random, SallyportError, type Timer } from '../base/index.ts';
import {
  importKeySet,
  type KeySet,
  type KeySetImport,
  type KeySetSource,
  type KeySetState,
} from '../jwt/index.ts';
import { discoverKeySet, discoveryUrl } from './discovery.ts';
import type { KeysEventSink } from './events.ts';
import { type FetchedDocument, type KeyFetch, originOf } from './key-fetch.ts';
import type { KeySetHolder, KeySetStatus } from './key-set-holder.ts';
import type { KeySetStore, StoredKeySet } from './key-set-store.ts';
import type { KeysOptions } from './options.ts';
import { refreshDelayMillis, retryDelayMillis } from './refresh-times.ts';

export type FetchedSource = Exclude<KeySetSource, { kind: 'inline' }>;

export interface FetchedKeySetContext {
  readonly options: KeysOptions;
  readonly fetch: KeyFetch;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: KeysEventSink;
  readonly store: KeySetStore | undefined;
  /** Of the rules that name a set now. */
  readonly issuersOf: (keySetId: string) => readonly string[];
  /** After every change of the keys. */
  readonly onChange: (keySetId: string) => void;
}

interface GoodKeys {
  readonly keys: KeySet;
  readonly version: string;
  readonly fetchedAtMonotonicMillis: number;
  readonly fetchedAtMillis: number;
}

/** A source that was looked up: discovery is not repeated for every refresh. */
interface FoundUri {
  readonly uri: string;
  readonly atMonotonicMillis: number;
}

/**
 * Keys from a server: fetched at once, again by refresh time, and when a token names an unknown key. One
 * request at a time. What fails or is of no use replaces nothing: the last good keys serve until `maxAge`.
 */
export function holdFetchedKeySet(source: FetchedSource, context: FetchedKeySetContext): KeySetHolder {
  const set = new FetchedKeySet(source, context);
  set.restore();
  set.start();
  return set;
}

class FetchedKeySet implements KeySetHolder {
  readonly #source: FetchedSource;
  readonly #context: FetchedKeySetContext;
  readonly #origin: string;
  readonly #stopped = new AbortController();
  #good: GoodKeys | undefined;
  #found: FoundUri | undefined;
  #running: Promise<void> | undefined;
  #timer: Timer | undefined;
  #failures = 0;
  #lastError: SallyportError | undefined;
  #lastEndMonotonicMillis = Number.NEGATIVE_INFINITY;
  #expiryReported = false;

  constructor(source: FetchedSource, context: FetchedKeySetContext) {
    this.#source = source;
    this.#context = context;
    this.#origin = originOf(source.kind === 'uri' ? source.jwksUri : discoveryUrl(source.issuer));
  }

  current(): KeySetState {
    const good = this.#good;
    if (good !== undefined && !this.#isExpired(good)) {
      const { version, keys } = good;
      return { state: 'ready', version, keys, refreshable: this.#mayRefresh() };
    }
    const wasOfNoUse = good === undefined && isOfNoUse(this.#lastError?.code);
    return { state: wasOfNoUse ? 'unusable' : 'missing' };
  }

  status(): KeySetStatus {
    const good = this.#good;
    const { state } = this.current();
    return {
      keySetId: this.#source.keySetId,
      kind: this.#source.kind,
      source: this.#origin,
      status: good !== undefined && state !== 'ready' ? 'expired' : state,
      keys: good?.keys.size ?? 0,
      ageSeconds: good === undefined ? undefined : Math.floor(this.#ageMillis(good) / 1000),
      lastErrorCode: this.#lastError?.code,
      failures: this.#failures,
    };
  }

  async arrival(): Promise<void> {
    if (this.#running === undefined && this.#mayRefresh()) {
      this.start();
    }
    await this.#running;
    if (this.current().state !== 'ready') {
      throw (
        this.#lastError ?? new SallyportError('ERR_KEY_SET_EXPIRED', 'the keys are too old to be believed')
      );
    }
  }

  stop(): void {
    this.#timer?.cancel();
    this.#stopped.abort();
  }

  /** Takes over what an earlier run fetched, unless it is too old or from a time to come. */
  restore(): void {
    const { options, clock, events } = this.#context;
    const stored = this.#kept();
    const ageMillis = stored === undefined ? 0 : clock.nowMillis() - stored.fetchedAtMillis;
    if (stored === undefined || ageMillis < 0 || ageMillis > options.maxAge.millis) {
      return;
    }
    const imported = this.#import(stored.text);
    if (imported.ok) {
      this.#good = {
        keys: imported.keys,
        version: imported.version,
        fetchedAtMillis: stored.fetchedAtMillis,
        fetchedAtMonotonicMillis: clock.monotonicMillis() - ageMillis,
      };
      events({
        level: 'info',
        event: 'keys.restored',
        message: 'keys of an earlier run serve until the first fetch',
        fields: { ...this.#names(), ageSeconds: Math.floor(ageMillis / 1000) },
      });
    }
  }

  start(): void {
    if (this.#running !== undefined || this.#stopped.signal.aborted) {
      return;
    }
    this.#timer?.cancel();
    this.#running = this.#renew().finally(() => {
      this.#running = undefined;
    });
  }

  /** Never rejects. */
  async #renew(): Promise<void> {
    try {
      const document = await this.#fetchKeys();
      if (!this.#stopped.signal.aborted) {
        this.#take(document);
      }
    } catch (error) {
      if (!this.#stopped.signal.aborted) {
        this.#fail(error);
      }
    }
  }

  async #fetchKeys(): Promise<FetchedDocument> {
    const { fetch } = this.#context;
    const request = { timeoutMillis: this.#source.timeoutMillis, signal: this.#stopped.signal };
    const url =
      this.#source.kind === 'uri' ? this.#source.jwksUri : await this.#discovered(this.#source.issuer);
    try {
      return await fetch({ ...request, url });
    } catch (error) {
      this.#found = undefined;
      throw error;
    }
  }

  async #discovered(issuer: string): Promise<string> {
    const { fetch, clock, options } = this.#context;
    const found = this.#found;
    if (
      found !== undefined &&
      clock.monotonicMillis() - found.atMonotonicMillis < options.refreshMax.millis
    ) {
      return found.uri;
    }
    const { timeoutMillis } = this.#source;
    const uri = await discoverKeySet(fetch, issuer, { timeoutMillis, signal: this.#stopped.signal });
    this.#found = { uri, atMonotonicMillis: clock.monotonicMillis() };
    return uri;
  }

  #take(document: FetchedDocument): void {
    const { clock, options, random, events, onChange } = this.#context;
    const imported = this.#import(document.text);
    if (!imported.ok) {
      throw imported.error;
    }
    const changed = this.#good?.version !== imported.version;
    const fetchedAtMillis = clock.nowMillis();
    this.#good = {
      keys: changed ? imported.keys : (this.#good?.keys ?? imported.keys),
      version: imported.version,
      fetchedAtMillis,
      fetchedAtMonotonicMillis: clock.monotonicMillis(),
    };
    this.#failures = 0;
    this.#lastError = undefined;
    this.#expiryReported = false;
    const delayMillis = refreshDelayMillis(document.maxAgeSeconds, options, random);
    this.#schedule(delayMillis);
    events({
      level: changed ? 'info' : 'debug',
      event: 'keys.fetched',
      message: changed ? 'new keys' : 'the same keys again',
      fields: {
        ...this.#names(),
        keys: imported.keys.size,
        changed,
        refreshSeconds: Math.round(delayMillis / 1000),
      },
    });
    this.#keep({ text: document.text, fetchedAtMillis });
    if (changed) {
      onChange(this.#source.keySetId);
    }
  }

  /** A store that fails costs what it was for, and nothing else. */
  #keep(set: StoredKeySet): void {
    try {
      this.#context.store?.save(this.#source.keySetId, set);
    } catch (error) {
      this.#reportStore(error);
    }
  }

  #kept(): StoredKeySet | undefined {
    try {
      return this.#context.store?.load(this.#source.keySetId);
    } catch (error) {
      this.#reportStore(error);
      return undefined;
    }
  }

  #reportStore(error: unknown): void {
    this.#context.events({
      level: 'warn',
      event: 'keys.not_kept',
      message: 'keys cannot be kept for the next start, or read from the last one',
      fields: this.#names(),
      error,
    });
  }

  #fail(cause: unknown): void {
    const { options, random, events } = this.#context;
    const error =
      cause instanceof SallyportError
        ? cause
        : new SallyportError('ERR_KEY_FETCH_CONNECTION', 'the key set could not be fetched', { cause });
    this.#failures += 1;
    this.#lastError = error;
    const delayMillis = retryDelayMillis(this.#failures, this.#good !== undefined, options, random);
    this.#schedule(delayMillis);
    const wasOfNoUse = isOfNoUse(error.code);
    events({
      level: 'warn',
      event: wasOfNoUse ? 'keys.rejected' : 'keys.fetch_failed',
      message: wasOfNoUse
        ? 'an answer that is no key set replaces nothing'
        : 'a key set could not be fetched',
      fields: {
        ...this.#names(),
        code: error.code,
        failures: this.#failures,
        retrySeconds: Math.round(delayMillis / 1000),
      },
      error,
    });
    this.#reportExpiry();
  }

  #reportExpiry(): void {
    const good = this.#good;
    if (good === undefined || this.#expiryReported || !this.#isExpired(good)) {
      return;
    }
    this.#expiryReported = true;
    this.#context.events({
      level: 'error',
      event: 'keys.expired',
      message: 'the last good keys are too old to be believed; their tokens are refused',
      fields: { ...this.#names(), ageSeconds: Math.floor(this.#ageMillis(good) / 1000) },
    });
  }

  #schedule(delayMillis: number): void {
    const { clock } = this.#context;
    this.#lastEndMonotonicMillis = clock.monotonicMillis();
    this.#timer = clock.startTimer(delayMillis, () => this.start());
  }

  /** A token may bring about a fetch: not while the server fails, and not soon after the last one. */
  #mayRefresh(): boolean {
    if (this.#running !== undefined) {
      return true;
    }
    const { clock, options } = this.#context;
    const quietMillis = clock.monotonicMillis() - this.#lastEndMonotonicMillis;
    return (
      this.#failures === 0 &&
      !this.#stopped.signal.aborted &&
      quietMillis >= options.unknownKeyCooldown.millis
    );
  }

  /** By both clocks: one of them stands still while a machine sleeps, the other may be set back. */
  #ageMillis(good: GoodKeys): number {
    const { clock } = this.#context;
    return Math.max(
      clock.monotonicMillis() - good.fetchedAtMonotonicMillis,
      clock.nowMillis() - good.fetchedAtMillis,
    );
  }

  #isExpired(good: GoodKeys): boolean {
    return this.#ageMillis(good) > this.#context.options.maxAge.millis;
  }

  #import(text: string): KeySetImport {
    return importKeySet(text, {
      allowSymmetric: false,
      rsaBitsMin: this.#context.options.rsaBitsMin,
    });
  }

  #names() {
    const { keySetId } = this.#source;
    return { source: this.#origin, keySetId, issuers: this.#context.issuersOf(keySetId) };
  }
}

/** Errors of an answer, as against those of getting one. */
function isOfNoUse(code: ErrorCode | undefined): boolean {
  return code?.startsWith('ERR_KEY_SET_') === true || code === 'ERR_KEY_DISCOVERY';
}
