import { readCheckRequest, writeCheckResponse } from '../proto/index.ts';
import type { CheckCall } from './call.ts';
import { type DecisionRecord, recordOf } from './decision-record.ts';
import { EXTENSIONS, readDestination } from './destination.ts';
import type { InQuestion } from './in-question.ts';
import { type Judgement, judge } from './judge.ts';
import { NO_ANSWERS, type ProviderAnswers, type ProviderQuestion } from './provider.ts';
import { type Reply, replyTo } from './reply.ts';
import type { Snapshot } from './snapshot.ts';
import { refusal, type Verdict } from './verdict.ts';

/** What Envoy is told, and what the log is told. */
export type Answer = Reply & { readonly record: DecisionRecord };

export type Outcome =
  | Answer
  /** Undecided until these key sets are there. */
  | { readonly kind: 'need'; readonly keySetIds: readonly string[]; readonly known: InQuestion }
  /** Undecided until this provider of a CUSTOM policy has been asked. */
  | { readonly kind: 'ask'; readonly question: ProviderQuestion; readonly known: InQuestion };

/**
 * The verdict on a call under a snapshot, with the answers of those who were asked already: synchronous, without
 * I/O, and total. Whatever goes wrong in here is a denial, and no reply is ever empty.
 */
export function decide(call: CheckCall, snapshot: Snapshot, answers: ProviderAnswers = NO_ANSWERS): Outcome {
  const known: Progress = {
    profile: call.profile,
    request: undefined,
    destination: undefined,
    principals: [],
  };
  try {
    const judgement = decideInto(known, call, snapshot, answers);
    return judgement.kind === 'verdict' ? conclude(known, judgement.verdict) : { ...judgement, known };
  } catch (cause) {
    return conclude(known, refusal('evaluation_failed', cause));
  }
}

/** The answer that a verdict becomes. */
export function conclude(known: InQuestion, verdict: Verdict): Answer {
  try {
    return { ...replyTo(verdict, known), record: recordOf(verdict, known) };
  } catch (cause) {
    const bare = { profile: known.profile, request: undefined, destination: undefined, principals: [] };
    return {
      kind: 'reply',
      bytes: LAST_RESORT,
      record: recordOf(refusal('evaluation_failed', cause), bare),
    };
  }
}

const LAST_RESORT = writeCheckResponse({
  kind: 'denied',
  code: 7,
  message: 'evaluation_failed',
  httpStatus: 403,
  headers: [],
  body: '',
  metadata: { reason: 'evaluation_failed' },
});

type Progress = { -readonly [Field in keyof InQuestion]: InQuestion[Field] };

function decideInto(
  known: Progress,
  call: CheckCall,
  snapshot: Snapshot,
  answers: ProviderAnswers,
): Judgement {
  const reading = readCheckRequest(call.bytes);
  if (reading.kind === 'malformed') {
    return refused('request_malformed');
  }
  const { request } = reading;
  known.request = request;
  // A TCP connection has both ends and nothing else; without them, nobody was asked anything.
  if (request.http === undefined && (request.source === undefined || request.destination === undefined)) {
    return refused('request_malformed');
  }
  const name = request.contextExtensions.get(EXTENSIONS.profile);
  const profile = name === undefined ? call.profile : snapshot.profiles.get(name);
  if (profile === undefined) {
    return refused('profile_unknown');
  }
  known.profile = profile;
  const destination = readDestination(request, profile, snapshot);
  if (destination.kind === 'refused') {
    return refused(destination.reason);
  }
  known.destination = destination.name;
  const judgement = judge({ call, profile, request, target: destination.target, answers }, snapshot);
  known.principals = judgement.kind === 'verdict' ? judgement.principals : [];
  return judgement;
}

function refused(reason: Verdict['reason']): Judgement {
  return { kind: 'verdict', verdict: refusal(reason), principals: [] };
}
