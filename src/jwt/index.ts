export { TOKEN_ALGORITHMS } from './algorithm.ts';
export { authenticate } from './authenticate.ts';
export type {
  AuthenticateOutcome,
  KeySet,
  KeySetState,
  KeySetView,
  TokenRejectReason,
  TokenRequest,
  TokenUse,
} from './authenticate-types.ts';
export { challengeFor } from './challenge.ts';
export { TOKEN_DIVERGENCES, type TokenDivergence } from './divergences.ts';
export {
  type InspectedCheck,
  type InspectedToken,
  inspectToken,
  type RuleInspection,
  type TokenInspection,
} from './inspect-token.ts';
export { type ImportKeySetOptions, importKeySet, type KeySetImport } from './key-set.ts';
export { type HeaderValue, NO_MUTATIONS, type RequestMutations } from './mutations.ts';
export {
  createTokenCache,
  TOKEN_CACHE_LIMITS,
  type TokenCache,
  type TokenCacheLimits,
  type TokenCacheStats,
} from './token-cache.ts';
export type { ClaimHeader, KeySetSource, TokenHeader, TokenRule } from './token-rule.ts';
export type { Claims, ClaimValue, VerifiedToken } from './verified-token.ts';
export { type JwtSvidCheck, type JwtSvidVerdict, verifyJwtSvid } from './verify-jwt-svid.ts';
export { vouchedToken } from './vouched-token.ts';
