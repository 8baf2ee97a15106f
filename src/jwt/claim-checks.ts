import { comparableAudience } from './audience.ts';
import type { TokenFailure } from './failure.ts';
import type { ParsedToken } from './parse-token.ts';
import type { PreparedRule } from './prepared-rules.ts';

/** Istio leaves Envoy's default; it cannot be configured. */
export const CLOCK_SKEW_SECONDS = 60;

export interface ClaimCheck {
  readonly name: 'issuer' | 'algorithm' | 'time' | 'audience';
  readonly failure: (rule: PreparedRule, token: ParsedToken, nowSeconds: number) => TokenFailure | undefined;
}

/** What needs no key, in Envoy's order. Istio specification, section 2.4. */
export const CLAIM_CHECKS: readonly ClaimCheck[] = [
  {
    name: 'issuer',
    failure: ({ rule }, token) =>
      rule.issuer === undefined || rule.issuer === token.issuer ? undefined : 'issuer',
  },
  {
    name: 'algorithm',
    failure: ({ algorithms }, token) =>
      algorithms === undefined || algorithms.has(token.algorithm) ? undefined : 'headerAlgUnsupported',
  },
  { name: 'time', failure: (_rule, token, nowSeconds) => timeFailure(token, nowSeconds) },
  {
    name: 'audience',
    failure: ({ audiences }, token) =>
      audiences.size === 0 || token.audiences.some((audience) => audiences.has(comparableAudience(audience)))
        ? undefined
        : 'audience',
  },
];

export function claimsFailure(
  rule: PreparedRule,
  token: ParsedToken,
  nowSeconds: number,
): TokenFailure | undefined {
  for (const check of CLAIM_CHECKS) {
    const failure = check.failure(rule, token, nowSeconds);
    if (failure !== undefined) {
      return failure;
    }
  }
  return undefined;
}

function timeFailure(token: ParsedToken, nowSeconds: number): TokenFailure | undefined {
  if (nowSeconds + CLOCK_SKEW_SECONDS < token.notBeforeSeconds) {
    return 'notYetValid';
  }
  const { expiresAtSeconds } = token;
  return expiresAtSeconds !== undefined && nowSeconds > expiresAtSeconds + CLOCK_SKEW_SECONDS
    ? 'expired'
    : undefined;
}
