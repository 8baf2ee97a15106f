/** A verdict and its why; the same data in the log, in Envoy's dynamic metadata and in a policy test. */
export interface Decision {
  readonly effect: 'allow' | 'deny' | 'undecided';
  readonly reason: DecisionReason;
  /** The policy that decided; undefined when none did (`allowed_no_policy`, `denied_no_rule`). */
  readonly policy: PolicyRef | undefined;
  /** Index in the policy's `rules`. */
  readonly rule: number | undefined;
  /** The first rule that holds of the dry-run policies of each action, and of the AUDIT policies. */
  readonly shadow: readonly ShadowResult[];
  /** The verdict if the dry-run policies were enforced; only there when some hold for the target. */
  readonly ifEnforced?: Pick<Decision, 'effect' | 'reason' | 'policy' | 'rule'>;
}

export interface PolicyRef {
  readonly kind: 'AuthorizationPolicy' | 'RequestAuthentication' | 'PeerAuthentication';
  readonly namespace: string;
  readonly name: string;
}

export interface ShadowResult {
  readonly mode: 'dry_run' | 'audit';
  readonly action: 'ALLOW' | 'DENY' | 'AUDIT';
  readonly policy: PolicyRef;
  readonly rule: number;
}

/** Stable codes; they name no policy, rule or principal, so a stranger may see them. */
export type DecisionReason =
  | 'allowed_no_policy'
  | 'allowed_by_policy'
  | 'denied_by_policy'
  | 'denied_no_rule'
  | 'denied_by_custom'
  | 'denied_plaintext'
  | 'evaluation_failed';
