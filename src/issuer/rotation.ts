import { type Clock, errorText, TIMER_MILLIS_MAX } from '../base/index.ts';
import type { TrustBundle } from '../identity/index.ts';
import type { Authorities } from './authorities.ts';
import type { IssuerEventSink } from './issuer-event.ts';

/** The authorities moving on: by their dates, and by hand. */
export interface Rotation {
  /** Never rejects; a failure is told and tried again. */
  advance(): Promise<void>;
  /** Runs `work` while nothing else changes the authorities, then does what follows from it. */
  change<T>(work: () => Promise<T> | T): Promise<T>;
  onBundleChanged(listener: (bundle: TrustBundle) => void): () => void;
  stop(): void;
}

interface RotationInput {
  readonly clock: Clock;
  readonly events: IssuerEventSink;
  /** Called after each step, before anybody gets something of it. */
  readonly onAdvanced?: () => void | Promise<void>;
}

const RETRY_MILLIS = 5000;
/** A long wait is cut, because timers do not follow small corrections of the clock. */
const WAIT_MILLIS_MAX = Math.min(TIMER_MILLIS_MAX, 60 * 60 * 1000);

export function createRotation(
  authorities: Authorities,
  { clock, events, onAdvanced }: RotationInput,
  onTainted: () => void,
): Rotation {
  const published = createPublication(authorities, events);
  let running: Promise<void> | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let stopped = false;
  let timer = clock.startTimer(0, () => void advance());

  function advance(): Promise<void> {
    running ??= inTurn(advanceOnce).finally(() => {
      running = undefined;
    });
    return running;
  }

  /** One after the other. */
  function inTurn<T>(work: () => Promise<T> | T): Promise<T> {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  }

  async function advanceOnce(): Promise<void> {
    let delayMillis = RETRY_MILLIS;
    try {
      const untilSeconds = await authorities.advance();
      delayMillis = Math.min(Math.max(untilSeconds * 1000 - clock.nowMillis(), 0), WAIT_MILLIS_MAX);
      await onAdvanced?.();
      published.update();
    } catch (error) {
      events({
        level: 'error',
        event: 'issuer.rotationFailed',
        message: `the CA could not be rotated, and is tried again: ${errorText(error)}`,
        error,
      });
    }
    timer.cancel();
    if (!stopped) {
      timer = clock.startTimer(delayMillis, () => void advance());
    }
  }

  return {
    advance,
    async change(work) {
      const result = await inTurn(work);
      await inTurn(advanceOnce);
      onTainted();
      return result;
    },
    onBundleChanged: published.onChange,
    stop() {
      stopped = true;
      timer.cancel();
      published.stop();
    },
  };
}

interface Publication {
  /** Tells everybody when the bundle differs from the last one. */
  update(): void;
  onChange(listener: (bundle: TrustBundle) => void): () => void;
  stop(): void;
}

function createPublication(authorities: Authorities, events: IssuerEventSink): Publication {
  const listeners = new Set<(bundle: TrustBundle) => void>();
  let published = authorities.bundle;
  return {
    update() {
      const { bundle } = authorities;
      if (bundle.sequence === published.sequence) {
        return;
      }
      published = bundle;
      for (const listener of [...listeners]) {
        try {
          listener(bundle);
        } catch (error) {
          const message = `a new bundle was not taken: ${errorText(error)}`;
          events({ level: 'error', event: 'issuer.listenerFailed', message, error });
        }
      }
    },
    onChange(listener) {
      const entry = (bundle: TrustBundle): void => listener(bundle);
      listeners.add(entry);
      return () => void listeners.delete(entry);
    },
    stop: () => listeners.clear(),
  };
}
