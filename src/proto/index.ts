export {
  packAny,
  packSecret,
  packSpiffeValidator,
  SECRET_TYPE,
  SPIFFE_VALIDATOR_TYPE,
  typeUrlOf,
} from './any.ts';
export {
  type CheckHttp,
  type CheckPeer,
  type CheckRequest,
  type CheckRequestReading,
  readCheckRequest,
} from './check-request.ts';
export {
  type CheckReply,
  type DenialCode,
  type HeaderAction,
  type HeaderMutation,
  type HeaderToSet,
  writeCheckResponse,
} from './check-response.ts';
export { type Definitions, loadDefinitions } from './definitions.ts';
export type { HeaderIndex } from './header-index.ts';
export type {
  AnyMessage,
  CertificateValidationContext,
  DataSource,
  DeltaDiscoveryRequest,
  DeltaDiscoveryResponse,
  DeltaResource,
  DiscoveryRequest,
  DiscoveryResponse,
  HealthCheckRequest,
  HealthCheckResponse,
  Node,
  ProtoValue,
  RpcStatus,
  Secret,
  SpiffeCertValidatorConfig,
} from './messages.ts';
export { type PassedOnHttp, type PassOn, passOnCheck } from './provider-check.ts';
export {
  type DeniedReply,
  type OkReply,
  type ProviderReply,
  type RequestHeaderMutation,
  readProviderReply,
} from './provider-reply.ts';
export type { SocketPlace } from './read-address.ts';
export type { StructObject, StructValue } from './struct-value.ts';
export { decodeHeaderValue } from './utf8.ts';
export type { WireFault } from './wire-cursor.ts';
