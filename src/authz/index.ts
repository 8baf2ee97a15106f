export { CALL_METADATA, type CheckCall } from './call.ts';
export { type Answer, decide, type Outcome } from './decide.ts';
export type { DecisionRecord } from './decision-record.ts';
export { EXTENSIONS } from './destination.ts';
export { REQUEST_DIVERGENCES, type RequestDivergence } from './divergences.ts';
export { answerCheck, type LoopOptions, type WaitForKeys } from './loop.ts';
export type { AuthzProfile, CannotDecide, PathNormalization, ProxyKind } from './options.ts';
export type {
  AskProvider,
  Provider,
  ProviderAnswer,
  ProviderAnswers,
  ProviderFailure,
  ProviderMutations,
  ProviderQuestion,
  QuestionHttp,
} from './provider.ts';
export type { AuthzReason, RequestReason } from './reason.ts';
export { REASON_HEADER, type Reply } from './reply.ts';
export { AUTHORIZATION_SERVICE, type AuthzServiceOptions, createAuthzService } from './service.ts';
export type { PeerTrust, Snapshot } from './snapshot.ts';
