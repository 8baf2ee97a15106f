import type { Sliced } from '../base/index.ts';
import type { TokenRule } from '../jwt/index.ts';
import type { MeshSettings } from './mesh-settings.ts';
import type { AuthorizationPolicy, PeerModes, PolicyObjects } from './model.ts';
import type { Target } from './target.ts';
import type { TargetRules } from './target-rules.ts';

/** Compiled policies, immutable to everyone outside; made by `compilePolicies` alone. */
export interface PolicySet {
  readonly objects: PolicyObjects;
  readonly mesh: MeshSettings;
  /** What holds for a target, worked out when it is first asked for and kept as long as the target. */
  forTarget(target: Target): TargetPolicies;
  /** Works out all that holds for a target before its first request comes. */
  prepare(target: Target): Sliced<void>;
  /** Those last asked for, each once; what another set had better be prepared for. */
  recentTargets(): readonly Target[];
}

export interface TargetPolicies {
  /** Those that attach, by namespace and name. */
  readonly authorization: readonly AuthorizationPolicy[];
  readonly tokenRules: readonly TokenRule[];
  readonly peerModes: PeerModes;
  rules(transport: 'http' | 'tcp'): TargetRules;
  prepareRules(transport: 'http' | 'tcp'): Sliced<TargetRules>;
}
