export {
  packAny,
  packSecret,
  packSpiffeValidator,
  SECRET_TYPE,
  SPIFFE_VALIDATOR_TYPE,
  typeUrlOf,
} from './any.ts';
export { type Definitions, loadDefinitions } from './definitions.ts';
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
