import { LIMITS } from '../base/index.ts';
import { type AcceptedToken, acceptToken } from './accepted-token.ts';
import type { KeySetView } from './authenticate-types.ts';
import { CLOCK_SKEW_SECONDS, claimsFailure } from './claim-checks.ts';
import type { TokenFailure } from './failure.ts';
import { type ParsedToken, parseToken } from './parse-token.ts';
import type { PreparedRule } from './prepared-rules.ts';
import { type TokenCache, type TokenEntry, tokenHashOf, type Verdict } from './token-cache.ts';
import { namesUnknownKey, verifyToken, type Work } from './verify-token.ts';

export type TokenJudgement =
  | { readonly kind: 'accepted'; readonly accepted: AcceptedToken; readonly cached: boolean }
  | { readonly kind: 'refused'; readonly failure: TokenFailure; readonly cached: boolean }
  /** These keys decide, and they may come. */
  | { readonly kind: 'need'; readonly keySetId: string };

/**
 * Judges the tokens of one request; a token that several rules look at is read and verified once. How many
 * tokens and keys are looked at for one request is bounded, however many rules there are.
 */
export interface TokenJudge {
  judge(rule: PreparedRule, text: string): TokenJudgement;
}

export function createTokenJudge(
  keys: KeySetView,
  nowSeconds: number,
  cache: TokenCache | undefined,
): TokenJudge {
  const files = new Map<string, TokenFile>();
  const work: Work = { keysTried: 0 };
  return {
    judge(rule, text) {
      const known = files.get(text);
      if (known === undefined && files.size >= LIMITS.tokensPerRequest) {
        return refused('tooMany');
      }
      const file = known ?? openFile(text, nowSeconds, cache);
      files.set(text, file);
      return judgeFile(rule, file, { keys, nowSeconds, work });
    },
  };
}

/** A token's entry and the way to have it remembered. */
interface TokenFile {
  readonly text: string;
  /** Remembered from an earlier request. */
  readonly isKnown: boolean;
  /** Rules for which this request had the signature verified. */
  readonly verified: Set<string>;
  readonly entry: TokenEntry;
  remember(expiresAtSeconds: number | undefined): void;
}

/** HMAC costs less than remembering it, and its secret keys deserve no second place where they matter. */
function openFile(text: string, nowSeconds: number, cache: TokenCache | undefined): TokenFile {
  const tokenHash = cache === undefined ? '' : tokenHashOf(text);
  const known = cache?.find(tokenHash, nowSeconds);
  const entry = known ?? { parsed: parseToken(text), tokenBytes: text.length, verdicts: new Map() };
  const isCached = cache !== undefined && !(entry.parsed.ok && entry.parsed.token.algorithm.startsWith('HS'));
  if (isCached && known === undefined) {
    cache.keep(tokenHash, entry, 'refused', nowSeconds + cache.limits.refusedSeconds);
  }
  return {
    text,
    isKnown: known !== undefined,
    verified: new Set(),
    entry,
    remember(expiresAtSeconds = Number.POSITIVE_INFINITY) {
      if (isCached) {
        const endsAt = Math.min(
          expiresAtSeconds + CLOCK_SKEW_SECONDS + 1,
          nowSeconds + cache.limits.acceptedSeconds,
        );
        cache.keep(tokenHash, entry, 'accepted', endsAt);
      }
    },
  };
}

interface Hearing {
  readonly keys: KeySetView;
  readonly nowSeconds: number;
  readonly work: Work;
}

/** The order is Envoy's: parse, issuer, time, audience, key, signature. */
function judgeFile(rule: PreparedRule, file: TokenFile, hearing: Hearing): TokenJudgement {
  const { parsed } = file.entry;
  if (!parsed.ok) {
    return refused(parsed.failure, file.isKnown);
  }
  const failure = claimsFailure(rule, parsed.token, hearing.nowSeconds);
  return failure === undefined
    ? judgeSignature(rule, file, parsed.token, hearing)
    : refused(failure, file.isKnown);
}

function judgeSignature(
  rule: PreparedRule,
  file: TokenFile,
  token: ParsedToken,
  { keys, work }: Hearing,
): TokenJudgement {
  const { keySetId } = rule.rule.keys;
  const set = keys.keySet(keySetId);
  switch (set.state) {
    case 'missing':
      return { kind: 'need', keySetId };
    case 'unusable':
      return refused('keysUnusable');
    case 'ready': {
      if (set.refreshable === true && namesUnknownKey(token, set.keys)) {
        return { kind: 'need', keySetId };
      }
      const verdictKey = `${rule.fingerprint}:${set.version}`;
      const known = file.entry.verdicts.get(verdictKey);
      if (known === undefined && work.keysTried >= LIMITS.keysTriedPerRequest) {
        return refused('tooMany');
      }
      const verdict = known ?? verdictOf(rule, token, verifyToken(file.text, token, set.keys, work));
      if (known === undefined) {
        file.entry.verdicts.set(verdictKey, verdict);
        file.verified.add(verdictKey);
        if (verdict.ok) {
          file.remember(token.expiresAtSeconds);
        }
      }
      const cached = file.isKnown && !file.verified.has(verdictKey);
      return verdict.ok
        ? { kind: 'accepted', accepted: verdict.accepted, cached }
        : refused(verdict.failure, cached);
    }
  }
}

function verdictOf(rule: PreparedRule, token: ParsedToken, failure: TokenFailure | undefined): Verdict {
  if (failure !== undefined) {
    return { ok: false, failure };
  }
  const accepted = acceptToken(rule, token);
  return accepted === undefined ? { ok: false, failure: 'outputUnsafe' } : { ok: true, accepted };
}

function refused(failure: TokenFailure, cached = false): TokenJudgement {
  return { kind: 'refused', failure, cached };
}
