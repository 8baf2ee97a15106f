export { type Attachment, attachmentParts } from './attachment.ts';
export { makeBootstrap } from './bootstrap.ts';
export {
  AUTHORIZER_CLUSTER,
  CALL_METADATA,
  HTTP_FILTER,
  httpExtAuthz,
  NETWORK_FILTER,
  networkExtAuthz,
  type PeerSource,
} from './ext-authz.ts';
export { type NativeFiltersInput, nativeFilters } from './filters/native-filters.ts';
export type { JwksClusters } from './filters/native-keys.ts';
export type { PeerIdentity } from './filters/principal.ts';
export { REGEX_RUNTIME } from './filters/text-match.ts';
export {
  DEFAULT_IDENTITY,
  type Endpoint,
  type EnvoyProxy,
  type HttpListener,
  type Listener,
  PATH_NORMALIZATIONS,
  type PathNormalization,
  type Route,
  type TcpEndpoint,
  type TcpListener,
  TRUST_BUNDLE,
  type Upstream,
  WORKLOAD_EXTENSION,
} from './proxy.ts';
export { toJson, toYaml } from './text.ts';
export type { Json, JsonObject } from './typed.ts';
export {
  DEFAULT_ENVOY_VERSION,
  ENVOY_VERSIONS,
  type EnvoyFeature,
  type EnvoyVersion,
  envoyHas,
  parseEnvoyVersion,
} from './version.ts';
export { makeWorkloadBootstrap, runtimeLayers, type WorkloadEnvoy } from './workload-bootstrap.ts';
