import {
  decide,
  type Outcome,
  type Provider,
  type ProviderAnswer,
  type ProviderMutations,
  type ProviderQuestion,
  type Snapshot,
} from '../../../src/authz/index.ts';
import { durationOfMillis } from '../../../src/base/index.ts';
import { type Ask, attributesOf, callOf, encodeCheck, type Seen, see } from './bed.ts';

export function provider(name: string, changes: Partial<Provider> = {}): Provider {
  return {
    name,
    protocol: 'grpc',
    timeout: durationOfMillis(1000),
    failOpen: false,
    statusOnError: 403,
    body: undefined,
    ...changes,
  };
}

export function allowed(mutations: Partial<ProviderMutations> = {}, metadata: object = {}): ProviderAnswer {
  return {
    kind: 'allow',
    mutations: {
      headers: [],
      removeHeaders: [],
      responseHeaders: [],
      setQueryParameters: [],
      removeQueryParameters: [],
      ...mutations,
    },
    metadata: metadata as Record<string, string>,
  };
}

export function refused(httpStatus = 403): ProviderAnswer {
  const headers = [{ name: 'x-why', value: 'because' }];
  return { kind: 'deny', httpStatus, headers, body: 'not you', metadata: {} };
}

export function failure(kind: (ProviderAnswer & { readonly kind: 'failed' })['failure']): ProviderAnswer {
  return { kind: 'failed', failure: kind, cause: new Error('cause') };
}

export type Answers = Readonly<Record<string, ProviderAnswer>>;

export function outcomeOf(snapshot: Snapshot, request: Ask, answers: Answers = {}): Outcome {
  return decide(
    callOf(encodeCheck(attributesOf(request)), request),
    snapshot,
    new Map(Object.entries(answers)),
  );
}

/** What is asked next; fails when a verdict falls. */
export function questionOf(snapshot: Snapshot, request: Ask, answers: Answers = {}): ProviderQuestion {
  const outcome = outcomeOf(snapshot, request, answers);
  if (outcome.kind !== 'ask') {
    throw new Error(`nobody is asked but ${JSON.stringify(outcome)}`);
  }
  return outcome.question;
}

/** The verdict; fails when somebody has to be asked. */
export function verdictOn(snapshot: Snapshot, request: Ask, answers: Answers = {}): Seen {
  return see(outcomeOf(snapshot, request, answers));
}
