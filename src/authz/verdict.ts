import type { TokenUse } from '../jwt/index.ts';
import type { Decision, PolicyRef, ShadowResult } from '../policy/index.ts';
import type { HeaderToSet, StructObject } from '../proto/index.ts';
import { type Changes, NO_CHANGES } from './changes.ts';
import type { AuthzReason } from './reason.ts';

/** A decision about a request, with what Envoy has to do besides. */
export interface Verdict {
  readonly effect: 'allow' | 'deny' | 'undecided';
  readonly reason: AuthzReason;
  readonly policy: PolicyRef | undefined;
  readonly rule: number | undefined;
  readonly shadow: readonly ShadowResult[];
  /** For an allow. */
  readonly changes: Changes;
  /** For a denial because of a token. */
  readonly token: TokenRefusal | undefined;
  /** By which rule a token was judged. */
  readonly tokenUse: TokenUse | undefined;
  /** For a denial by a provider of CUSTOM policies, or for want of its answer. */
  readonly denial: Denial | undefined;
  /** The providers that were asked, with what came of it. */
  readonly asked: readonly string[];
  /** What they leave for the filters behind Envoy's ext_authz. */
  readonly metadata: StructObject;
  /** What went wrong inside, for the log alone. */
  readonly cause: unknown;
}

export interface TokenRefusal {
  readonly httpStatus: 401 | 403;
  readonly body: string;
  readonly challenge: string;
}

export interface Denial {
  readonly httpStatus: number;
  readonly headers: readonly HeaderToSet[];
  readonly body: string;
}

export function refusal(reason: AuthzReason, cause?: unknown): Verdict {
  return { ...NOTHING, effect: 'deny', reason, cause };
}

export function undecided(reason: AuthzReason, cause?: unknown): Verdict {
  return { ...NOTHING, effect: 'undecided', reason, cause };
}

export function verdictOf(decision: Decision, changes: Changes): Verdict {
  const { effect, reason, policy, rule, shadow } = decision;
  return { ...NOTHING, effect, reason, policy, rule, shadow, changes };
}

const NOTHING = {
  policy: undefined,
  rule: undefined,
  shadow: [],
  changes: NO_CHANGES,
  token: undefined,
  tokenUse: undefined,
  denial: undefined,
  asked: [],
  metadata: {},
  cause: undefined,
} as const;
