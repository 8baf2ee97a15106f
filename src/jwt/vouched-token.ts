import { withSplitClaims } from './accepted-token.ts';
import { readClaims } from './parse-token.ts';
import { ALWAYS_SPLIT } from './prepared-rules.ts';
import type { ClaimValue, VerifiedToken } from './verified-token.ts';

/**
 * The token whose payload somebody else verified and vouches for; undefined when the payload cannot be that of a
 * token. Signature, times, issuer and audience are not looked at again. `payload` has no prototype.
 */
export function vouchedToken(
  payload: { readonly [name: string]: ClaimValue },
  voucher: string,
): VerifiedToken | undefined {
  const claims = new Map(Object.entries(payload));
  const facts = readClaims(claims);
  return facts === undefined
    ? undefined
    : {
        ruleId: voucher,
        issuer: facts.issuer,
        subject: facts.subject,
        claims: withSplitClaims(claims, ALWAYS_SPLIT),
        expiresAtSeconds: facts.expiresAtSeconds,
      };
}
