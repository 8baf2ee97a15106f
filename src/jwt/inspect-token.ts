import type { KeySet, KeySetView } from './authenticate-types.ts';
import { CLAIM_CHECKS, type ClaimCheck } from './claim-checks.ts';
import { TOKEN_FAILURES, type TokenFailure } from './failure.ts';
import { keysOf } from './key-set.ts';
import { type ParsedToken, parseToken } from './parse-token.ts';
import { type PreparedRule, prepareRules } from './prepared-rules.ts';
import type { TokenRule } from './token-rule.ts';
import { verifyToken } from './verify-token.ts';

/** A token taken apart for people, and what each rule says of it. Nothing here holds the signature. */
export interface TokenInspection {
  /** Undefined when the token cannot be read; `malformed` then says why. */
  readonly token: InspectedToken | undefined;
  readonly malformed: string | undefined;
  readonly rules: readonly RuleInspection[];
}

export type InspectedToken = Omit<ParsedToken, 'payloadSegment'>;

export interface RuleInspection {
  readonly ruleId: string;
  readonly verdict: 'accepted' | 'refused' | 'undecided';
  /** In the order in which they are made; the first that failed is what a client would be told. */
  readonly checks: readonly InspectedCheck[];
}

export interface InspectedCheck {
  readonly name: ClaimCheck['name'] | 'signature';
  readonly outcome: 'passed' | 'failed' | 'undecided';
  /** What the rule wants and what the token says, or the text of the refusal. */
  readonly detail: string;
}

/**
 * Every check of every rule, also those after the first failure. `whyMissing` says of a key set that is not there what
 * keeps it away.
 */
export function inspectToken(
  text: string,
  rules: readonly TokenRule[],
  keys: KeySetView,
  nowSeconds: number,
  whyMissing: (keySetId: string) => string | undefined = () => undefined,
): TokenInspection {
  const parsed = parseToken(text);
  if (!parsed.ok) {
    return { token: undefined, malformed: TOKEN_FAILURES[parsed.failure].body, rules: [] };
  }
  const { payloadSegment: _payloadSegment, ...token } = parsed.token;
  return {
    token,
    malformed: undefined,
    rules: prepareRules(rules).rules.map((rule) =>
      inspectByRule(rule, { text, token: parsed.token, keys, nowSeconds, whyMissing }),
    ),
  };
}

interface Case {
  readonly text: string;
  readonly token: ParsedToken;
  readonly keys: KeySetView;
  readonly nowSeconds: number;
  whyMissing(keySetId: string): string | undefined;
}

function inspectByRule(rule: PreparedRule, inspected: Case): RuleInspection {
  const { token, nowSeconds } = inspected;
  const checks = [
    ...CLAIM_CHECKS.map(({ name, failure }) =>
      checked(name, failure(rule, token, nowSeconds), detailOf(name, rule, token, nowSeconds)),
    ),
    signatureCheck(rule, inspected),
  ];
  const decisive = checks.find(({ outcome }) => outcome !== 'passed');
  const verdict =
    decisive === undefined ? 'accepted' : decisive.outcome === 'failed' ? 'refused' : 'undecided';
  return { ruleId: rule.rule.id, verdict, checks };
}

function signatureCheck({ rule }: PreparedRule, inspected: Case): InspectedCheck {
  const { text, token, keys, whyMissing } = inspected;
  const { keySetId } = rule.keys;
  const set = keys.keySet(keySetId);
  switch (set.state) {
    case 'missing': {
      const why = whyMissing(keySetId);
      const detail = `the keys of this rule are not there${why === undefined ? '' : `: ${why}`}`;
      return { name: 'signature', outcome: 'undecided', detail };
    }
    case 'unusable':
      return checked('signature', 'keysUnusable', '');
    case 'ready': {
      const failure = verifyToken(text, token, set.keys);
      const known = failure === 'keyUnknown' ? `; the set has ${keyNames(set.keys)}` : '';
      return checked('signature', failure, `${token.algorithm}, ${keyName(token.keyId)}${known}`);
    }
  }
}

function keyName(keyId: string): string {
  return keyId === '' ? 'no kid' : `kid \`${keyId}\``;
}

const KEYS_NAMED_MAX = 10;

/** What a person compares with the token: kid and algorithm of each key. */
function keyNames(set: KeySet): string {
  const names = keysOf(set).map(({ keyId, algorithm, shape }) => `${keyName(keyId)} (${algorithm ?? shape})`);
  const rest = names.length - KEYS_NAMED_MAX;
  return `${names.slice(0, KEYS_NAMED_MAX).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

function checked(
  name: InspectedCheck['name'],
  failure: TokenFailure | undefined,
  detail: string,
): InspectedCheck {
  return failure === undefined
    ? { name, outcome: 'passed', detail }
    : {
        name,
        outcome: 'failed',
        detail: detail === '' ? TOKEN_FAILURES[failure].body : `${TOKEN_FAILURES[failure].body}: ${detail}`,
      };
}

function detailOf(
  name: ClaimCheck['name'],
  { rule, algorithms }: PreparedRule,
  token: ParsedToken,
  nowSeconds: number,
): string {
  switch (name) {
    case 'issuer':
      return `wants ${quoted(rule.issuer, 'any')}, has ${quoted(token.issuer, 'none')}`;
    case 'algorithm':
      return `wants ${algorithms === undefined ? 'any' : [...algorithms].join(' or ')}, has ${token.algorithm}`;
    case 'time':
      return timeDetail(token, nowSeconds);
    case 'audience':
      return `wants ${listed(rule.audiences, 'any')}, has ${listed(token.audiences, 'none')}`;
  }
}

function timeDetail({ expiresAtSeconds, notBeforeSeconds }: ParsedToken, nowSeconds: number): string {
  const end =
    expiresAtSeconds === undefined
      ? 'never ends'
      : expiresAtSeconds >= nowSeconds
        ? `ends in ${expiresAtSeconds - nowSeconds} s`
        : `ended ${nowSeconds - expiresAtSeconds} s ago`;
  return notBeforeSeconds > nowSeconds ? `begins in ${notBeforeSeconds - nowSeconds} s, ${end}` : end;
}

function listed(names: readonly string[], none: string): string {
  return names.length === 0 ? none : names.map((name) => `\`${name}\``).join(' or ');
}

function quoted(name: string | undefined, none: string): string {
  return name === undefined ? none : `\`${name}\``;
}
