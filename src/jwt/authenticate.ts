import { LIMITS } from '../base/index.ts';
import type { AuthenticateOutcome, KeySetView, TokenRequest, TokenUse } from './authenticate-types.ts';
import { challengeFor } from './challenge.ts';
import { extractTokens } from './extract.ts';
import { endsRequest, TOKEN_FAILURES, type TokenFailure } from './failure.ts';
import { NO_MUTATIONS } from './mutations.ts';
import { type PreparedRule, type PreparedRules, prepareRules } from './prepared-rules.ts';
import { createRequestState, type RequestState } from './request-state.ts';
import type { TokenCache } from './token-cache.ts';
import { createTokenJudge, type TokenJudge } from './token-judge.ts';
import type { TokenRule } from './token-rule.ts';
import type { VerifiedToken } from './verified-token.ts';

/**
 * Judges the tokens of a request by the rules that apply to it, sorted by issuer, as Envoy's jwt_authn filter
 * does with the requirements that Istio writes. Istio specification, sections 2.2 to 2.4, and `istio-tried`,
 * points 1 to 4. A list of rules must not change after its first use; what is worked out of it is kept.
 */
export function authenticate(
  rules: readonly TokenRule[],
  request: TokenRequest,
  keys: KeySetView,
  nowSeconds: number,
  cache?: TokenCache,
): AuthenticateOutcome {
  if (rules.length === 0) {
    return { kind: 'pass', token: undefined, mutations: NO_MUTATIONS };
  }
  const prepared = prepareRules(rules);
  const state = createRequestState(request);
  for (const name of prepared.outputs) {
    state.removeHeader(name);
  }
  if (isCorsPreflight(request)) {
    return { kind: 'pass', token: undefined, mutations: state.mutations() };
  }
  const hearing = {
    state,
    judge: createTokenJudge(keys, nowSeconds, cache),
    identity: undefined,
    use: undefined,
  };
  const result = judgeRules(prepared, hearing);
  switch (result.kind) {
    case 'need':
      return { kind: 'need', keySetIds: [result.keySetId] };
    case 'refused': {
      const { reason, httpStatus, body } = TOKEN_FAILURES[result.failure];
      const challenge = challengeFor(request, result.failure === 'missing');
      return {
        kind: 'reject',
        httpStatus,
        reason,
        body,
        challenge,
        ruleId: result.rule?.rule.id,
        ...(result.rule === undefined ? {} : { use: useOf(result.rule, result.cached) }),
        mutations: NO_MUTATIONS,
      };
    }
    case 'accepted':
    case 'missing':
      return {
        kind: 'pass',
        token: hearing.identity,
        ...(hearing.use === undefined ? {} : { use: hearing.use }),
        mutations: state.mutations(),
      };
  }
}

function useOf({ rule }: PreparedRule, cached: boolean | undefined): TokenUse {
  return { issuer: rule.issuer ?? '*', cached };
}

/** The state of one request while its rules are gone through. */
interface Hearing {
  readonly state: RequestState;
  readonly judge: TokenJudge;
  /** The token accepted last, which is the one whose claims count. */
  identity: VerifiedToken | undefined;
  use: TokenUse | undefined;
}

type RuleResult =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'missing' }
  | {
      readonly kind: 'refused';
      readonly failure: TokenFailure;
      readonly rule: PreparedRule | undefined;
      readonly cached: boolean | undefined;
    }
  | { readonly kind: 'need'; readonly keySetId: string };

/**
 * Istio requires any(P1, ..., Pn, all(any(P1, missing), ..., any(Pn, missing))), and with one rule
 * any(P, missing): the first rule that accepts ends it; else each is asked again, and must find nothing wrong.
 */
function judgeRules(prepared: PreparedRules, hearing: Hearing): RuleResult {
  const { rules } = prepared;
  if (rules.some(({ rule }) => rule.isRequired === true)) {
    return judgeEach(prepared, hearing);
  }
  const results: RuleResult[] = [];
  for (const rule of rules) {
    const result = judgeRule(rule, hearing);
    const isLast = result.kind === 'refused' && endsRequest(result.failure);
    if (result.kind === 'accepted' || result.kind === 'need' || isLast || rules.length === 1) {
      return result;
    }
    results.push(result);
  }
  for (const rule of rules) {
    const again = judgeRule(rule, hearing);
    if (again.kind === 'need') {
      return again;
    }
    if (again.kind === 'refused') {
      return worst([...results, again]);
    }
  }
  return { kind: 'missing' };
}

/**
 * Where a rule is required, Istio requires all(P1, any(P2, missing), ...): each is asked in turn, the first that
 * is not content ends it, and of several tokens the claims of the last count.
 */
function judgeEach({ rules }: PreparedRules, hearing: Hearing): RuleResult {
  for (const rule of rules) {
    const result = judgeRule(rule, hearing);
    if (result.kind === 'need' || result.kind === 'refused') {
      return result;
    }
    if (result.kind === 'missing' && rule.rule.isRequired === true) {
      return { kind: 'refused', failure: 'missing', rule, cached: undefined };
    }
  }
  return { kind: 'accepted' };
}

/** The last real failure; else the unknown issuer, which then is the fault of no single rule. */
function worst(results: readonly RuleResult[]): RuleResult {
  const refusals = results.filter((result) => result.kind === 'refused');
  const real = refusals.findLast((result) => result.failure !== 'issuer');
  return real ?? { kind: 'refused', failure: 'issuer', rule: undefined, cached: undefined };
}

/** Every token in the rule's places must be good; they are looked at from the last to the first. */
function judgeRule(rule: PreparedRule, hearing: Hearing): RuleResult {
  const { state } = hearing;
  for (const name of rule.outputs) {
    state.removeHeader(name);
  }
  const tokens = extractTokens(rule, state);
  if (tokens.length > LIMITS.tokensPerRequest) {
    return { kind: 'refused', failure: 'tooMany', rule, cached: undefined };
  }
  for (const token of tokens.toReversed()) {
    const judgement = hearing.judge.judge(rule, token.text);
    if (judgement.kind === 'need') {
      return judgement;
    }
    if (judgement.kind === 'refused') {
      return { kind: 'refused', failure: judgement.failure, rule, cached: judgement.cached };
    }
    const { verified, outputs } = judgement.accepted;
    for (const { name, value } of outputs) {
      state.addHeader(name, value);
    }
    if (!rule.rule.forwardOriginalToken) {
      token.remove(state);
    }
    hearing.identity = verified;
    hearing.use = useOf(rule, judgement.cached);
  }
  return tokens.length === 0 ? { kind: 'missing' } : { kind: 'accepted' };
}

/** A preflight carries no credentials; only what a client may not set itself is taken out. */
function isCorsPreflight(request: TokenRequest): boolean {
  return (
    request.method === 'OPTIONS' &&
    hasText(request.headerLines('origin')) &&
    hasText(request.headerLines('access-control-request-method'))
  );
}

function hasText(lines: readonly string[]): boolean {
  return lines.some((line) => line !== '');
}
