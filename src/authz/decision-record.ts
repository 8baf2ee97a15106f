import type { AppEvent } from '../base/index.ts';
import type { PolicyRef } from '../policy/index.ts';
import type { InQuestion } from './in-question.ts';
import { printable } from './printable.ts';
import type { Verdict } from './verdict.ts';

/** A verdict as it is logged: no token and no header but the request id, and nothing that breaks a line. */
export interface DecisionRecord {
  readonly effect: Verdict['effect'];
  readonly reason: Verdict['reason'];
  /** `<namespace>/<name>` */
  readonly policy: string | undefined;
  readonly rule: number | undefined;
  readonly profile: string;
  /** `<namespace>/<name>` of the workload asked for. */
  readonly destination: string | undefined;
  readonly source: string | undefined;
  /** Set when Envoy names the peer without its certificate, so that revocation cannot be looked at. */
  readonly withoutCertificate: true | undefined;
  readonly transport: 'http' | 'tcp' | undefined;
  readonly requestId: string | undefined;
  readonly method: string | undefined;
  readonly host: string | undefined;
  /** Without its query, where tokens may be. */
  readonly path: string | undefined;
  /** Of the rule that judged a token (never what the token says); `*` where the rule takes any. */
  readonly tokenIssuer: string | undefined;
  /** Whether the verdict on the token was remembered. */
  readonly tokenCached: boolean | undefined;
  /** The providers of CUSTOM policies that were asked: `opa denied`. */
  readonly providers: readonly string[] | undefined;
  /** What dry-run and AUDIT policies would have said: `dry_run DENY shop/strict#0`. */
  readonly shadow: readonly string[] | undefined;
  readonly cause: unknown;
}

export function recordOf(verdict: Verdict, known: InQuestion): DecisionRecord {
  const { request, profile, destination, principals } = known;
  const http = request?.http;
  return {
    effect: verdict.effect,
    reason: verdict.reason,
    policy: verdict.policy && nameOf(verdict.policy),
    rule: verdict.rule,
    profile: profile.name,
    destination: destination && printable(destination, NAME_CHARS_MAX),
    source: principals.length === 0 ? undefined : printable(principals.join(' '), NAME_CHARS_MAX),
    withoutCertificate:
      principals.length > 0 && (request?.source?.certificate ?? '') === '' ? true : undefined,
    transport: request && (http === undefined ? 'tcp' : 'http'),
    requestId: http && printed(http.headers.lines('x-request-id')?.[0], 128),
    method: http && printable(http.method, 32),
    host: http && printable(http.host, NAME_CHARS_MAX),
    path: http && printable(http.path.split(/[?#]/, 1)[0] ?? '', 1024),
    tokenIssuer: verdict.tokenUse?.issuer,
    tokenCached: verdict.tokenUse?.cached,
    providers: verdict.asked.length === 0 ? undefined : verdict.asked,
    shadow: verdict.shadow.length === 0 ? undefined : verdict.shadow.map(shadowText),
    cause: verdict.cause,
  };
}

const NAME_CHARS_MAX = 512;

export function nameOf(policy: PolicyRef): string {
  return `${policy.namespace}/${policy.name}`;
}

/** The event `authz.decision`. */
export function decisionEvent(record: DecisionRecord, durationMicros: number): AppEvent {
  const { cause, ...fields } = record;
  return {
    level: 'info',
    event: 'authz.decision',
    message: `${WORDS[record.effect]} ${record.reason}`,
    fields: { ...fields, durationMicros },
    ...(cause === undefined ? {} : { error: cause }),
  };
}

const WORDS = { allow: 'allowed:', deny: 'denied:', undecided: 'no verdict:' } as const;

function shadowText(result: Verdict['shadow'][number]): string {
  return `${result.mode} ${result.action} ${nameOf(result.policy)}#${result.rule}`;
}

function printed(text: string | undefined, charsMax: number): string | undefined {
  return text === undefined ? undefined : printable(text, charsMax);
}
