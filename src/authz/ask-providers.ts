import { type Clock, SallyportError } from '../base/index.ts';
import type { CheckCall } from './call.ts';
import { decide, type Outcome } from './decide.ts';
import { type AskProvider, NO_ANSWERS, type ProviderAnswer, type ProviderAnswers } from './provider.ts';
import type { Snapshot } from './snapshot.ts';

export interface AskOptions {
  readonly clock: Clock;
  readonly askProvider?: AskProvider | undefined;
  /** How long the call still has, by now. */
  leftMillis(): number;
}

/** What the call comes to once every provider that it needs was asked; each is asked once at most. */
export async function askProviders(
  call: CheckCall,
  snapshot: Snapshot,
  first: Ask,
  options: AskOptions,
): Promise<{ readonly outcome: Exclude<Outcome, Ask>; readonly answers: ProviderAnswers }> {
  let answers = NO_ANSWERS;
  let outcome: Outcome = first;
  while (outcome.kind === 'ask') {
    const { question } = outcome;
    answers = new Map([...answers, [question.provider.name, await answerTo(outcome, options)]]);
    outcome = decide(call, snapshot, answers);
  }
  return { outcome, answers };
}

export type Ask = Extract<Outcome, { kind: 'ask' }>;

/** Waits by our own clock too, whatever the other side does. */
async function answerTo({ question }: Ask, options: AskOptions): Promise<ProviderAnswer> {
  const { clock, askProvider = askNobody } = options;
  const waitMillis = Math.min(question.provider.timeout.millis, options.leftMillis());
  if (waitMillis <= 0) {
    return tooLate();
  }
  let stop = (): void => {};
  const timeUp = new Promise<ProviderAnswer>((resolve) => {
    const timer = clock.startTimer(waitMillis, () => resolve(tooLate()));
    stop = () => timer.cancel();
  });
  try {
    return await Promise.race([askProvider(question, waitMillis), timeUp]);
  } catch (cause) {
    return { kind: 'failed', failure: 'reply', cause };
  } finally {
    stop();
  }
}

const askNobody: AskProvider = async () => {
  const cause = new SallyportError('ERR_PROVIDER_QUESTION', 'nobody can be asked here');
  return { kind: 'failed', failure: 'question', cause };
};

function tooLate(): ProviderAnswer {
  const cause = new SallyportError('ERR_PROVIDER_TIMEOUT', 'the provider did not answer in time');
  return { kind: 'failed', failure: 'timeout', cause };
}
