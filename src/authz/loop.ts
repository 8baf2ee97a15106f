import type { Clock } from '../base/index.ts';
import type { KeySetView } from '../jwt/index.ts';
import { askProviders } from './ask-providers.ts';
import type { CheckCall } from './call.ts';
import { type Answer, conclude, decide } from './decide.ts';
import { type AskProvider, NO_ANSWERS, type ProviderAnswers } from './provider.ts';
import type { Snapshot } from './snapshot.ts';
import { refusal, undecided } from './verdict.ts';

/**
 * Asks for key sets that were never fetched; resolves when each is there or has failed, at the latest after
 * `waitMillis`. Several calls may ask for the same ones.
 */
export type WaitForKeys = (keySetIds: readonly string[], waitMillis: number) => Promise<void>;

export interface LoopOptions {
  readonly clock: Clock;
  readonly waitForKeys: WaitForKeys;
  /** Without it nobody is asked, and what CUSTOM policies are for is denied. */
  readonly askProvider?: AskProvider | undefined;
  /** By the wall clock; infinite when the caller set none. */
  readonly deadlineMillis: number;
}

/**
 * The answer to a call, within its deadline. A promise is made only when something is missing; the call is then
 * judged again under the same snapshot.
 */
export function answerCheck(
  call: CheckCall,
  snapshot: Snapshot,
  options: LoopOptions,
): Answer | Promise<Answer> {
  const outcome = decide(call, snapshot);
  switch (outcome.kind) {
    case 'ask':
      return askAndDecide(call, snapshot, options, outcome);
    case 'need':
      return waitAndDecide({ call, snapshot, answers: NO_ANSWERS }, options, outcome);
    default:
      return outcome;
  }
}

/** Providers come first, and nothing that is learnt later makes another one needed. */
async function askAndDecide(
  call: CheckCall,
  snapshot: Snapshot,
  options: LoopOptions,
  first: Extract<ReturnType<typeof decide>, { kind: 'ask' }>,
): Promise<Answer> {
  const leftMillis = (): number => {
    const left = options.deadlineMillis - options.clock.nowMillis();
    return left - marginOf(left);
  };
  const { outcome, answers } = await askProviders(call, snapshot, first, { ...options, leftMillis });
  return outcome.kind === 'need' ? waitAndDecide({ call, snapshot, answers }, options, outcome) : outcome;
}

interface Judged {
  readonly call: CheckCall;
  readonly snapshot: Snapshot;
  readonly answers: ProviderAnswers;
}

/** A set that failed is no longer `missing`, so each round brings at least one answer; the tokens of a request are few. */
const ROUNDS_MAX = 16;

async function waitAndDecide(
  { call, snapshot, answers }: Judged,
  options: LoopOptions,
  first: Need,
): Promise<Answer> {
  const { clock } = options;
  const left = options.deadlineMillis - clock.nowMillis();
  const waitMillis = Math.min(first.known.profile.waitMax.millis, left - marginOf(left));
  const end = clock.monotonicMillis() + waitMillis;
  let need = first;
  let cause: unknown;
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const remaining = end - clock.monotonicMillis();
    if (remaining <= 0) {
      break;
    }
    cause = await waited(need.keySetIds, remaining, options);
    const outcome = decide(call, snapshot, answers);
    if (outcome.kind !== 'need') {
      return answered(outcome);
    }
    if (cause !== undefined) {
      break;
    }
    need = outcome;
  }
  const last = decide(call, { ...snapshot, keys: withoutRefresh(snapshot.keys) }, answers);
  return last.kind === 'need' ? conclude(last.known, undecided('keys_unavailable', cause)) : answered(last);
}

function answered(outcome: Exclude<ReturnType<typeof decide>, { kind: 'need' }>): Answer {
  return outcome.kind === 'ask' ? conclude(outcome.known, refusal('evaluation_failed')) : outcome;
}

/**
 * Sets that are there, taken as they are: a token that names a key they lack is then refused. Otherwise anybody
 * could turn a refusal into "no verdict" by making up a key id while the key server is slow.
 */
function withoutRefresh(keys: KeySetView): KeySetView {
  return {
    keySet(keySetId) {
      const set = keys.keySet(keySetId);
      return set.state === 'ready' ? { state: 'ready', version: set.version, keys: set.keys } : set;
    },
  };
}

type Need = Extract<ReturnType<typeof decide>, { kind: 'need' }>;

/** Time for the answer to travel: Envoy gives up at its deadline, not when we answer. */
function marginOf(leftMillis: number): number {
  return Number.isFinite(leftMillis) ? Math.min(100, Math.max(5, leftMillis / 10)) : 0;
}

/** Waits by our own clock too, whatever the other side does; the error when it failed. */
async function waited(
  keySetIds: readonly string[],
  waitMillis: number,
  { clock, waitForKeys }: LoopOptions,
): Promise<unknown> {
  let stop = (): void => {};
  const timeUp = new Promise<void>((resolve) => {
    const timer = clock.startTimer(waitMillis, resolve);
    stop = () => timer.cancel();
  });
  try {
    await Promise.race([waitForKeys(keySetIds, waitMillis), timeUp]);
    return undefined;
  } catch (error) {
    return error;
  } finally {
    stop();
  }
}
