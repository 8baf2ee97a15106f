import { type AuthenticateOutcome, authenticate } from '../jwt/index.ts';
import {
  type Attributes,
  asciiLowerCase,
  evaluate,
  type PolicyRef,
  peerModeFor,
  type Target,
  tokenRulesFor,
} from '../policy/index.ts';
import type { CheckHttp, CheckRequest, StructObject } from '../proto/index.ts';
import { type CheckCall, SEVERAL, trustedMetadata } from './call.ts';
import { afterEachOther, changesBy, isSendable, NO_CHANGES } from './changes.ts';
import { judgeCustom, type Passed } from './custom.ts';
import { envoyPayload } from './envoy-payload.ts';
import type { AuthzProfile } from './options.ts';
import { readPath } from './path.ts';
import type { ProviderAnswers, ProviderQuestion } from './provider.ts';
import { canonicalAddress, remoteAddressUnder } from './remote-address.ts';
import { headersAfter, isConsistent, targetSent, tokenRequest } from './request-headers.ts';
import type { Snapshot } from './snapshot.ts';
import { readSource } from './source.ts';
import { refusal, type Verdict, verdictOf } from './verdict.ts';

export type Judgement =
  | { readonly kind: 'verdict'; readonly verdict: Verdict; readonly principals: readonly string[] }
  | { readonly kind: 'need'; readonly keySetIds: readonly string[] }
  | { readonly kind: 'ask'; readonly question: ProviderQuestion };

/** What was asked, from whom, under which profile. */
export interface Question {
  readonly call: CheckCall;
  readonly profile: AuthzProfile;
  readonly request: CheckRequest;
  readonly target: Target;
  /** Of the providers that were asked already. */
  readonly answers: ProviderAnswers;
}

/**
 * Judges a request whose workload is known, in Istio's order: the connection, CUSTOM, tokens, DENY, ALLOW.
 * Istio specification, section 0.
 */
export function judge(question: Question, snapshot: Snapshot): Judgement {
  const { call, profile, request, target } = question;
  const { http } = request;
  const source = readSource(call, profile, request, snapshot);
  if (source.kind === 'refused') {
    return { kind: 'verdict', verdict: refusal(source.reason), principals: [] };
  }
  const principals = source.principals ?? [];
  const decided = (verdict: Verdict): Judgement => ({ kind: 'verdict', verdict, principals });
  const connection = readConnection(question, source.principals);
  if (connection === undefined || (http !== undefined && !isConsistent(http))) {
    return decided(refusal('request_malformed'));
  }
  const judged = { ...question, snapshot, connection, decided };
  if (isRefusedAsPlainText(snapshot, connection, target)) {
    return decided(verdictOf(evaluate(snapshot.policies, target, connection), NO_CHANGES));
  }
  if (http === undefined) {
    return judgeTcp(judged);
  }
  const path = readPath(http.method, http.path, profile.pathNormalization);
  if (path.kind === 'refused') {
    return decided(refusal(path.reason));
  }
  return judgeHttp({ ...judged, http, path: path.path });
}

interface JudgedQuestion extends Question {
  readonly snapshot: Snapshot;
  readonly connection: Attributes;
  decided(verdict: Verdict): Judgement;
}

function judgeTcp(question: JudgedQuestion): Judgement {
  const { snapshot, target, connection, decided } = question;
  const attributesAfter = (passed: Passed): Attributes =>
    withMetadata(connection, passed, 'envoy.filters.network.ext_authz');
  const custom = judgeCustom({ ...question, bytes: question.call.bytes, attributesAfter });
  if (custom.kind !== 'pass') {
    return custom.kind === 'ask' ? custom : decided(custom.verdict);
  }
  const decision = evaluate(snapshot.policies, target, attributesAfter(custom));
  return decided({ ...verdictOf(decision, NO_CHANGES), ...keptOf(custom) });
}

interface HttpQuestion extends JudgedQuestion {
  readonly http: CheckHttp;
  readonly path: string | undefined;
}

function judgeHttp(question: HttpQuestion): Judgement {
  const { call, profile, request, snapshot, target, http, path, connection, decided } = question;
  const attributesAfter = (passed: Passed): Attributes => ({
    ...withMetadata(connection, passed, 'envoy.filters.http.ext_authz'),
    http: { method: http.method, host: http.host, path, headers: headersAfter(http, passed.changes) },
  });
  const custom = judgeCustom({ ...question, bytes: call.bytes, attributesAfter });
  if (custom.kind !== 'pass') {
    return custom.kind === 'ask' ? custom : decided(custom.verdict);
  }
  const rules = tokenRulesFor(snapshot.policies, target);
  const outcome = authenticate(
    rules,
    tokenRequest(http, custom.changes),
    snapshot.keys,
    call.nowSeconds,
    snapshot.tokenCache,
  );
  switch (outcome.kind) {
    case 'need':
      return outcome;
    case 'reject':
      return decided({ ...tokenRefusal(outcome), ...keptOf(custom), tokenUse: outcome.use });
    case 'pass': {
      // What was verified here counts; what Envoy verified stands in where nothing was.
      const token = outcome.token ?? envoyPayload(profile, request);
      if (token === 'malformed') {
        return decided({ ...refusal('request_malformed'), ...keptOf(custom) });
      }
      const byTokens = changesBy(rules, outcome.mutations, targetSent(http, custom.changes));
      const changes = afterEachOther(custom.changes, byTokens);
      const attributes = { ...attributesAfter({ ...custom, changes }), token };
      const decision = evaluate(snapshot.policies, target, attributes);
      const verdict =
        decision.effect === 'allow' && !isSendable(changes)
          ? refusal('header_unsafe')
          : verdictOf(decision, changes);
      const vouched = outcome.token === undefined ? token : undefined;
      const tokenUse = vouched === undefined ? outcome.use : { issuer: vouched.ruleId, cached: undefined };
      return decided({ ...verdict, ...keptOf(custom), tokenUse });
    }
  }
}

/**
 * Rules on the metadata of Envoy's filter see what providers left, over what another filter of that name left before:
 * Envoy merges the two.
 */
function withMetadata(connection: Attributes, { asked, metadata }: Passed, filter: string): Attributes {
  const { filterMetadata } = connection;
  if (asked.length === 0) {
    return connection;
  }
  const left: StructObject = Object.assign(Object.create(null), filterMetadata.get(filter), metadata);
  return { ...connection, filterMetadata: new Map([...filterMetadata, [filter, left]]) };
}

function keptOf({ asked, metadata }: Passed): Pick<Verdict, 'asked' | 'metadata'> {
  return { asked, metadata };
}

/** The attributes of the connection alone; undefined when the call says two things. */
function readConnection(
  question: Question,
  principals: Attributes['source']['principals'],
): Attributes | undefined {
  const { call, profile, request } = question;
  const { source, destination, http } = request;
  const toldAddress = trustedMetadata(call, profile, 'remoteAddress');
  const toldName = trustedMetadata(call, profile, 'serverName');
  if (toldAddress === SEVERAL || toldName === SEVERAL) {
    return undefined;
  }
  const address = canonicalAddress(source?.address?.address);
  const forwarded = http?.headers.lines('x-forwarded-for');
  // On a TCP connection, Envoy writes the server name where a service would stand, and nothing without one.
  const name = request.serverName ?? toldName ?? (http === undefined ? destination?.service : undefined);
  return {
    transport: http === undefined ? 'tcp' : 'http',
    source: {
      principals,
      address,
      remoteAddress:
        toldAddress === undefined
          ? remoteAddressUnder(profile, forwarded, address)
          : canonicalAddress(toldAddress),
    },
    destination: {
      address: canonicalAddress(destination?.address?.address),
      port: destination?.address?.port,
    },
    sni: name === undefined ? undefined : asciiLowerCase(name),
    http: undefined,
    token: undefined,
    filterMetadata: request.filterMetadata,
  };
}

/** A workload that wants mTLS refuses plain text before any token is looked at; `evaluate` then says so. */
function isRefusedAsPlainText(snapshot: Snapshot, connection: Attributes, target: Target): boolean {
  return (
    target.kind === 'sidecar' &&
    (connection.source.principals ?? []).length === 0 &&
    peerModeFor(snapshot.policies, target, connection.destination.port) === 'STRICT'
  );
}

function tokenRefusal(outcome: AuthenticateOutcome & { readonly kind: 'reject' }): Verdict {
  const { httpStatus, body, challenge, reason } = outcome;
  return {
    ...refusal(reason),
    ...ruleOf(outcome.ruleId),
    token: { httpStatus, body, challenge },
  };
}

/** `<namespace>/<name>#<index>` */
function ruleOf(ruleId: string | undefined): {
  readonly policy: PolicyRef | undefined;
  readonly rule: number | undefined;
} {
  const match = /^([^/]+)\/(.+)#(\d+)$/.exec(ruleId ?? '');
  return match?.[1] === undefined || match[2] === undefined
    ? { policy: undefined, rule: undefined }
    : {
        policy: { kind: 'RequestAuthentication', namespace: match[1], name: match[2] },
        rule: Number(match[3]),
      };
}
