export type { Attributes, HeaderView, HttpAttributes, MetadataValue } from './attributes.ts';
export { compilePolicies } from './compile.ts';
export { type CustomHit, customProviders, findCustom } from './custom.ts';
export type { Decision, DecisionReason, PolicyRef, ShadowResult } from './decision.ts';
export { POLICY_DIVERGENCES, type PolicyDivergence } from './divergences.ts';
export { evaluate } from './evaluate.ts';
export {
  type ConditionTrace,
  type Explanation,
  explain,
  type PolicyTrace,
  type RuleTrace,
} from './explain.ts';
export { lintAttachment } from './istio/lint-attachment.ts';
export { lintPeerRivals } from './istio/lint-peer-rivals.ts';
export { loadPolicies } from './istio/load.ts';
export { asciiLowerCase } from './match/ascii-case.ts';
export type { PathTemplate } from './match/path-template.ts';
export type { TextPattern } from './match/text-pattern.ts';
export type { MeshSettings } from './mesh-settings.ts';
export type { Condition, Match, MetadataPattern, PeerMode, PeerModes, PolicyObjects, Rule } from './model.ts';
export { modeAt, peerModeFor } from './peer-mode.ts';
export type { PolicySet, TargetPolicies } from './policy-set.ts';
export { hasServiceTargets, interestedHeaders, type PolicyCount, policyCount } from './summary.ts';
export type { Target, TargetService } from './target.ts';
export type { TargetRules } from './target-rules.ts';
export { issuersOfKeySets, keySetSources, tokenRulesFor } from './token-rules.ts';
