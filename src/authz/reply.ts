import { challengeFor } from '../jwt/index.ts';
import { type CheckReply, type HeaderToSet, type StructValue, writeCheckResponse } from '../proto/index.ts';
import { nameOf } from './decision-record.ts';
import type { InQuestion } from './in-question.ts';
import { tokenRequest } from './request-headers.ts';
import type { Verdict } from './verdict.ts';

/** What goes back to Envoy: a CheckResponse, or the gRPC status UNAVAILABLE. */
export type Reply = { readonly kind: 'reply'; readonly bytes: Buffer } | { readonly kind: 'unavailable' };

export const REASON_HEADER = 'x-sallyport-reason';

/** Envoy's own words, so that a denial looks the same whoever makes it. Istio specification, sections 1.13 and 2.4. */
const POLICY_BODY = 'RBAC: access denied';
const KEYS_BODY = 'Jwks remote fetch is failed';
const NO_VERDICT_BODY = 'no authorization verdict';

/** The answer to a verdict, in the way that the profile wants it. */
export function replyTo(verdict: Verdict, known: InQuestion): Reply {
  switch (verdict.effect) {
    case 'allow':
      return { kind: 'reply', bytes: writeCheckResponse(allow(verdict, known)) };
    case 'deny':
      return { kind: 'reply', bytes: writeCheckResponse(denial(verdict, known)) };
    case 'undecided':
      return known.profile.cannotDecide === 'unavailable'
        ? { kind: 'unavailable' }
        : { kind: 'reply', bytes: writeCheckResponse(noVerdict(verdict, known)) };
  }
}

function allow(verdict: Verdict, known: InQuestion): CheckReply {
  const { setHeaders, removeHeaders, removeQueryParameters, setQueryParameters, responseHeaders } =
    verdict.changes;
  return {
    kind: 'ok',
    // Envoy would keep only the last of several lines; joined they mean the same to HTTP.
    setHeaders: [...setHeaders].map(([name, values]) => ({
      name,
      value: values.join(name === 'cookie' ? '; ' : ','),
    })),
    removeHeaders: [...removeHeaders],
    removeQueryParameters,
    setQueryParameters: [...setQueryParameters].map(([name, value]) => ({ name, value })),
    responseHeaders,
    metadata: metadataOf(verdict, known),
  };
}

function denial(verdict: Verdict, known: InQuestion): CheckReply {
  const { httpStatus, body } = verdict.token ?? verdict.denial ?? { httpStatus: 403, body: POLICY_BODY };
  return {
    kind: 'denied',
    code: httpStatus === 401 ? 16 : 7,
    message: verdict.reason,
    httpStatus,
    headers: [...providerHeaders(verdict), ...clientHeaders(verdict, known, verdict.token?.challenge)],
    body,
    metadata: metadataOf(verdict, known),
  };
}

/** A provider may say why in its own words, not in ours. */
function providerHeaders({ denial }: Verdict): readonly HeaderToSet[] {
  return (denial?.headers ?? []).filter(({ name }) => name !== REASON_HEADER);
}

/** `denied_response` with 503 is a 503 on every Envoy; the other ways obey `failure_mode_allow`. */
function noVerdict(verdict: Verdict, known: InQuestion): CheckReply {
  const isTokenFailure = known.profile.cannotDecide === 'deny401';
  return {
    kind: known.profile.cannotDecide === 'errorResponse' ? 'error' : 'denied',
    code: isTokenFailure ? 16 : 14,
    message: verdict.reason,
    httpStatus: isTokenFailure ? 401 : 503,
    headers: clientHeaders(verdict, known, isTokenFailure ? challengeOf(known) : undefined),
    body: isTokenFailure ? KEYS_BODY : NO_VERDICT_BODY,
    metadata: metadataOf(verdict, known),
  };
}

function challengeOf({ request }: InQuestion): string | undefined {
  return request?.http && challengeFor(tokenRequest(request.http), false);
}

function clientHeaders(
  verdict: Verdict,
  known: InQuestion,
  challenge: string | undefined,
): readonly HeaderToSet[] {
  return [
    ...(challenge === undefined ? [] : [{ name: 'www-authenticate', value: challenge }]),
    ...(known.profile.reasonHeader ? [{ name: REASON_HEADER, value: verdict.reason }] : []),
  ];
}

/** What Envoy keeps as dynamic metadata under its filter's name, for its access log and later filters. */
function metadataOf(verdict: Verdict, known: InQuestion): Readonly<Record<string, StructValue>> {
  const { effect, reason, policy, rule, asked } = verdict;
  return {
    ...verdict.metadata,
    effect,
    reason,
    ...(policy === undefined ? {} : { policy: nameOf(policy) }),
    ...(rule === undefined ? {} : { rule }),
    ...(known.destination === undefined ? {} : { workload: known.destination }),
    profile: known.profile.name,
    ...(asked.length === 0 ? {} : { providers: asked.join(', ') }),
  };
}
