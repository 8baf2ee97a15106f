import { type Clock, type Random, SallyportError } from '../base/index.ts';
import { importKeySet, type KeySetSource, type KeySetView } from '../jwt/index.ts';
import type { KeysEventSink } from './events.ts';
import { holdFetchedKeySet } from './fetched-key-set.ts';
import { holdInlineKeySet, type InlineSource } from './inline-key-set.ts';
import type { KeyFetch } from './key-fetch.ts';
import type { KeySetHolder, KeySetStatus } from './key-set-holder.ts';
import type { KeySetStore } from './key-set-store.ts';
import type { KeysOptions } from './options.ts';

export interface KeySetsOptions {
  readonly options: KeysOptions;
  readonly fetch: KeyFetch;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: KeysEventSink;
  /** Where good keys outlive a restart; absent, they do not. */
  readonly store?: KeySetStore;
}

/** All key sets in use. */
export interface KeySets {
  /**
   * The sets as they are when they are asked for; the same object always, so that a snapshot that holds it
   * sees keys that come later. Within one synchronous judgement nothing changes.
   */
  view(): KeySetView;
  /**
   * Names the sets that are wanted from now on. New ones are fetched at once in the background, known ones go on,
   * others are dropped. While a reload is prepared, name the old and the new ones together. `issuers` says whose
   * tokens each set verifies, for events and `state`.
   */
  use(sources: readonly KeySetSource[], issuers?: IssuersOfKeySets): void;
  /** What is wrong with the keys in a policy; undefined when they can be used. */
  checkInline(source: InlineSource): SallyportError | undefined;
  /**
   * Waits until each of these sets is there, or was fetched anew when tokens name keys it lacks. Resolves at the
   * latest after `waitMillis`, and rejects as soon as one of them cannot be had now. Any number may wait.
   */
  waitFor(keySetIds: readonly string[], waitMillis: number): Promise<void>;
  /** Called after keys of a set changed; the returned function ends it. */
  onChange(listener: (keySetId: string) => void): () => void;
  state(): readonly KeySetReport[];
  /** Ends all fetching. The view keeps what it has. */
  stop(): void;
}

/** By key set. */
export type IssuersOfKeySets = ReadonlyMap<string, readonly string[]>;

export interface KeySetReport extends KeySetStatus {
  readonly issuers: readonly string[];
}

export function createKeySets(setup: KeySetsOptions): KeySets {
  const { options, clock, store } = setup;
  const holders = new Map<string, KeySetHolder>();
  const listeners = new Set<(keySetId: string) => void>();
  let issuers: IssuersOfKeySets = new Map();
  const issuersOf = (keySetId: string): readonly string[] => issuers.get(keySetId) ?? [];
  const context = {
    ...setup,
    store,
    issuersOf,
    onChange: (keySetId: string) => {
      for (const listener of listeners) {
        listener(keySetId);
      }
    },
  };
  const hold = (source: KeySetSource): KeySetHolder =>
    source.kind === 'inline' ? holdInlineKeySet(source, options) : holdFetchedKeySet(source, context);
  const view: KeySetView = {
    keySet: (keySetId) => holders.get(keySetId)?.current() ?? { state: 'missing' },
  };
  return {
    view: () => view,
    use(sources, issuersNow = new Map()) {
      issuers = issuersNow;
      const wanted = new Map(sources.map((source) => [source.keySetId, source]));
      for (const [keySetId, holder] of holders) {
        if (!wanted.has(keySetId)) {
          holder.stop();
          holders.delete(keySetId);
        }
      }
      for (const [keySetId, source] of wanted) {
        if (!holders.has(keySetId)) {
          holders.set(keySetId, hold(source));
        }
      }
      forgetOthers(new Set(wanted.keys()), setup);
    },
    checkInline({ jwks }) {
      const imported = importKeySet(jwks, { allowSymmetric: true, rsaBitsMin: options.rsaBitsMin });
      return imported.ok ? undefined : imported.error;
    },
    waitFor: (keySetIds, waitMillis) => withinTime(clock, waitMillis, arrivals(holders, keySetIds)),
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    state: () =>
      [...holders].map(([keySetId, holder]) => ({ ...holder.status(), issuers: issuersOf(keySetId) })),
    stop() {
      for (const holder of holders.values()) {
        holder.stop();
      }
    },
  };
}

/** What is stored beyond what is wanted costs room, and nothing else; it must not cost a reload. */
function forgetOthers(keySetIds: ReadonlySet<string>, { store, events }: KeySetsOptions): void {
  try {
    store?.keepOnly(keySetIds);
  } catch (error) {
    const message = 'stored key sets that are not wanted any more could not be removed';
    events({ level: 'warn', event: 'keys.not_forgotten', message, error });
  }
}

async function arrivals(
  holders: ReadonlyMap<string, KeySetHolder>,
  keySetIds: readonly string[],
): Promise<void> {
  await Promise.all(
    keySetIds.map((keySetId) => {
      const holder = holders.get(keySetId);
      if (holder === undefined) {
        throw new SallyportError('ERR_KEY_SET_UNKNOWN', 'no rule in force names this key set');
      }
      return holder.arrival();
    }),
  );
}

async function withinTime(clock: Clock, waitMillis: number, work: Promise<void>): Promise<void> {
  let stop = (): void => {};
  const timeUp = new Promise<void>((resolve) => {
    const timer = clock.startTimer(waitMillis, resolve);
    stop = () => timer.cancel();
  });
  try {
    await Promise.race([work, timeUp]);
  } finally {
    stop();
  }
}
