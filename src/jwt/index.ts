export type {
  AuthenticateOutcome,
  KeySet,
  KeySetState,
  KeySetView,
  TokenRejectReason,
  TokenRequest,
} from './authenticate-types.ts';
export { type HeaderValue, NO_MUTATIONS, type RequestMutations } from './mutations.ts';
export type { ClaimHeader, KeySetSource, TokenHeader, TokenRule } from './token-rule.ts';
export type { Claims, ClaimValue, VerifiedToken } from './verified-token.ts';
