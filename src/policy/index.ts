export type { Attributes, HeaderView, HttpAttributes, MetadataValue } from './attributes.ts';
export type { Decision, DecisionReason, PolicyRef, ShadowResult } from './decision.ts';
export type { Target, TargetService } from './target.ts';
