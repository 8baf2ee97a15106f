import type { RequestMutations } from './mutations.ts';
import type { VerifiedToken } from './verified-token.ts';

/** The part of a request in which tokens are looked for. */
export interface TokenRequest {
  readonly method: string;
  /** With its query string, as it came. */
  readonly path: string;
  readonly scheme: string;
  readonly authority: string;
  /** The lines of a header by its lower-case name; empty when absent. */
  headerLines(name: string): readonly string[];
}

/** The state of one key set in the snapshot at hand. */
export type KeySetState =
  | {
      readonly state: 'ready';
      readonly version: string;
      readonly keys: KeySet;
      /** A token with a key that the set lacks is worth a fetch now: it is `need`, not `reject`. */
      readonly refreshable?: boolean;
    }
  /** Never fetched: worth waiting for. */
  | { readonly state: 'missing' }
  /** Fetched or given, but of no use, and waiting does not help. */
  | { readonly state: 'unusable' };

/** Imported keys; made by `importKeySet` of this room and opaque to the others. */
export interface KeySet {
  readonly size: number;
}

/** What `jwt` needs of whoever holds key sets. */
export interface KeySetView {
  keySet(keySetId: string): KeySetState;
}

export type TokenRejectReason =
  | 'token_missing'
  | 'token_malformed'
  | 'token_algorithm'
  | 'token_issuer_unknown'
  | 'token_expired'
  | 'token_not_yet_valid'
  | 'token_audience'
  | 'token_key_unknown'
  | 'token_signature'
  | 'token_keys_unusable';

/** By which rule a token was judged, for those who count. */
export interface TokenUse {
  /** As the rule has it, never as the token says; `*` for a rule that takes any. */
  readonly issuer: string;
  /** Whether the verdict on this token was remembered; undefined where none was looked at. */
  readonly cached: boolean | undefined;
}

export type AuthenticateOutcome =
  /** No token, or a good one (`token`). */
  | {
      readonly kind: 'pass';
      readonly token: VerifiedToken | undefined;
      /** Of `token`. */
      readonly use?: TokenUse;
      readonly mutations: RequestMutations;
    }
  | {
      readonly kind: 'reject';
      readonly httpStatus: 401 | 403;
      readonly reason: TokenRejectReason;
      /** Envoy's own body text for this failure. Istio specification, section 2.4. */
      readonly body: string;
      /** The value of `WWW-Authenticate`. */
      readonly challenge: string;
      /** The rule that failed, when one can be named. */
      readonly ruleId: string | undefined;
      /** Of that rule. */
      readonly use?: TokenUse;
      readonly mutations: RequestMutations;
    }
  /** Undecided until these sets are there. */
  | { readonly kind: 'need'; readonly keySetIds: readonly string[] };
