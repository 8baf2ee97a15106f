import { claimAt, claimHeaderText } from './claim-header.ts';
import type { HeaderValue } from './mutations.ts';
import type { ParsedToken } from './parse-token.ts';
import type { PreparedRule } from './prepared-rules.ts';
import type { Claims, ClaimValue, VerifiedToken } from './verified-token.ts';

/** What a rule makes of a token that passed all its checks. */
export interface AcceptedToken {
  readonly verified: VerifiedToken;
  /** The headers to write, in order. */
  readonly outputs: readonly HeaderValue[];
}

/** Undefined when a claim that must go into a header cannot be written there as it is. */
export function acceptToken(prepared: PreparedRule, token: ParsedToken): AcceptedToken | undefined {
  const { rule } = prepared;
  const outputs: HeaderValue[] = [];
  if (rule.outputPayloadToHeader !== undefined) {
    outputs.push({ name: rule.outputPayloadToHeader.toLowerCase(), value: token.payloadSegment });
  }
  for (const { header, claim } of prepared.claimHeaders) {
    const value = claimAt(token.claims, claim);
    if (value === undefined) {
      continue;
    }
    if (!isSafeInHeader(value, token.hasUnsafeInteger)) {
      return undefined;
    }
    const text = claimHeaderText(value);
    if (text !== undefined) {
      outputs.push({ name: header, value: text });
    }
  }
  return {
    verified: {
      ruleId: rule.id,
      issuer: token.issuer,
      subject: token.subject,
      claims: withSplitClaims(token.claims, prepared.splitClaims),
      expiresAtSeconds: token.expiresAtSeconds,
    },
    outputs,
  };
}

/** Text with control characters could end the header; a rounded number could name somebody else. */
function isSafeInHeader(value: ClaimValue, hasUnsafeInteger: boolean): boolean {
  if (typeof value === 'string') {
    return !/[^\P{Cc}\t\u0080-\u009f]/u.test(value);
  }
  return !hasUnsafeInteger || !holdsUnsafeInteger(value);
}

function holdsUnsafeInteger(value: ClaimValue): boolean {
  if (typeof value === 'number') {
    return Number.isInteger(value) && !Number.isSafeInteger(value);
  }
  return typeof value === 'object' && value !== null && Object.values(value).some(holdsUnsafeInteger);
}

/** Text that holds no word stays text, as in Envoy. */
export function withSplitClaims(claims: Claims, names: readonly string[]): Claims {
  const split = names.flatMap((name) => {
    const value = claims.get(name);
    const words = typeof value === 'string' ? value.split(' ').filter((word) => word !== '') : [];
    return words.length === 0 ? [] : [{ name, words }];
  });
  if (split.length === 0) {
    return claims;
  }
  const changed = new Map(claims);
  for (const { name, words } of split) {
    changed.set(name, words);
  }
  return changed;
}
