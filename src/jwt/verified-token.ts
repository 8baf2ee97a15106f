export type ClaimValue =
  | string
  | number
  | boolean
  | null
  | readonly ClaimValue[]
  | { readonly [name: string]: ClaimValue };

/** Claims without a prototype, so that `__proto__` and `constructor` are names like any other. */
export type Claims = ReadonlyMap<string, ClaimValue>;

/** A token whose signature, times, issuer and audience were checked under one rule. */
export interface VerifiedToken {
  readonly ruleId: string;
  readonly issuer: string | undefined;
  readonly subject: string | undefined;
  /** `scope`, `permission` and the rule's space-delimited claims are already split into lists. */
  readonly claims: Claims;
  /** Seconds since the epoch; undefined when the token never ends. */
  readonly expiresAtSeconds: number | undefined;
}
