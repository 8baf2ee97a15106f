import { createHash } from 'node:crypto';
import {
  type AuthenticateOutcome,
  authenticate,
  importKeySet,
  type KeySetState,
  type KeySetView,
  type TokenCache,
  type TokenRequest,
  type TokenRule,
} from '../../../src/jwt/index.ts';
import { jwksOf } from '../../fakes/token-issuer.ts';

/** 2026-01-01T00:00:00Z */
export const NOW = 1_767_225_600;

export const GOOD_CLAIMS = { iss: 'https://issuer.example', sub: 'alice', exp: NOW + 600 };

/** A rule that takes any test key, for the issuer of `GOOD_CLAIMS`. */
export function tokenRule(changes: Partial<TokenRule> = {}): TokenRule {
  return {
    id: 'default/rules#0',
    issuer: GOOD_CLAIMS.iss,
    audiences: [],
    keys: inline(jwksOf('rsa', 'p256', 'p384', 'p521', 'ed25519', 'secret')),
    fromHeaders: [],
    fromParams: [],
    fromCookies: [],
    forwardOriginalToken: false,
    outputPayloadToHeader: undefined,
    outputClaimToHeaders: [],
    spaceDelimitedClaims: [],
    ...changes,
  };
}

export function inline(jwks: string): TokenRule['keys'] {
  return { kind: 'inline', keySetId: createHash('sha256').update(jwks).digest('hex'), jwks };
}

export interface RequestParts {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: readonly (readonly [string, string])[];
}

export function tokenRequest({ method = 'GET', path = '/', headers = [] }: RequestParts): TokenRequest {
  return {
    method,
    path,
    scheme: 'https',
    authority: 'shop.example',
    headerLines: (name) => headers.filter(([key]) => key === name).map(([, value]) => value),
  };
}

export function bearer(token: string): RequestParts {
  return { headers: [['authorization', `Bearer ${token}`]] };
}

/** A view in which the inline sets of the rules are ready, and others are what `states` says, or missing. */
export function keysOfRules(
  rules: readonly TokenRule[],
  states: Readonly<Record<string, KeySetState>> = {},
): KeySetView {
  const ready = new Map<string, KeySetState>(Object.entries(states));
  for (const { keys } of rules) {
    if (keys.kind === 'inline') {
      ready.set(keys.keySetId, readyState(keys.jwks, true));
    }
  }
  return { keySet: (keySetId) => ready.get(keySetId) ?? { state: 'missing' } };
}

export function readyState(jwks: string, allowSymmetric = false): KeySetState {
  const imported = importKeySet(jwks, { allowSymmetric });
  return imported.ok
    ? { state: 'ready', version: imported.version, keys: imported.keys }
    : { state: 'unusable' };
}

export interface JudgeOptions {
  readonly now?: number;
  readonly keys?: KeySetView;
  readonly cache?: TokenCache;
}

export function judge(
  rules: readonly TokenRule[],
  request: RequestParts,
  { now = NOW, keys = keysOfRules(rules), cache }: JudgeOptions = {},
): AuthenticateOutcome {
  return authenticate(rules, tokenRequest(request), keys, now, cache);
}

/** `pass`, `need`, or the body of the refusal: what a table of cases compares. */
export function verdictOf(outcome: AuthenticateOutcome): string {
  return outcome.kind === 'reject' ? outcome.body : outcome.kind;
}
