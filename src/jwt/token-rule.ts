/**
 * One rule of a RequestAuthentication (`jwtRules[i]`), checked. Istio specification, section 2.1.
 * `policy/istio` makes these; `authenticate` judges requests by them.
 */
export interface TokenRule {
  /** `<namespace>/<name>#<index>`, unique in a snapshot; names the rule in logs and explanations. */
  readonly id: string;
  /** Must equal `iss`; undefined lets any issuer pass. */
  readonly issuer: string | undefined;
  /** Any of them; empty means not checked. */
  readonly audiences: readonly string[];
  readonly keys: KeySetSource;
  /** Names of the algorithms that the issuer may use; absent means all that are known. */
  readonly algorithms?: readonly string[];
  /** `presence: REQUIRED`: a request without a token of this rule is refused, whatever else it brings. */
  readonly isRequired?: boolean;
  /** All three empty: `Authorization: Bearer ` and the query parameter `access_token`. */
  readonly fromHeaders: readonly TokenHeader[];
  readonly fromParams: readonly string[];
  readonly fromCookies: readonly string[];
  readonly forwardOriginalToken: boolean;
  /** Lower case. */
  readonly outputPayloadToHeader: string | undefined;
  readonly outputClaimToHeaders: readonly ClaimHeader[];
  /** Beside `scope` and `permission`, which always are. */
  readonly spaceDelimitedClaims: readonly string[];
}

export interface TokenHeader {
  /** Lower case. */
  readonly name: string;
  /** Case-sensitive, with its trailing space if it has one; empty means the whole value. */
  readonly prefix: string;
}

export interface ClaimHeader {
  /** Lower case. */
  readonly header: string;
  /** Dots descend into objects. */
  readonly claim: string;
}

/** Where the keys of a rule come from. `keySetId` is the same for equal sources, so sets are shared. */
export type KeySetSource =
  | { readonly kind: 'inline'; readonly keySetId: string; readonly jwks: string }
  | {
      readonly kind: 'uri';
      readonly keySetId: string;
      readonly jwksUri: string;
      readonly timeoutMillis: number;
    }
  | {
      readonly kind: 'discovery';
      readonly keySetId: string;
      readonly issuer: string;
      readonly timeoutMillis: number;
    };
