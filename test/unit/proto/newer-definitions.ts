/**
 * What ours hold and the official definitions at hand (the npm package `@grpc/grpc-js-xds`) do not: each with
 * where it stands. `fields` are `number: description` as `describeField` of the test writes it.
 */
export interface NewerDefinition {
  readonly source: string;
  readonly fields?: Readonly<Record<number, string>>;
  readonly values?: Readonly<Record<string, number>>;
  readonly methods?: Readonly<Record<string, string>>;
}

const ERROR_RESPONSE =
  'envoy/service/auth/v3/external_auth.proto of Envoy 1.37: CheckResponse.error_response';
const SPIFFE_BUNDLES =
  'envoy/extensions/transport_sockets/tls/v3/tls_spiffe_validator_config.proto of envoyproxy/envoy (main of August 2026): trust_bundles';
const GENERIC_SECRETS =
  'envoy/extensions/transport_sockets/tls/v3/secret.proto of envoyproxy/envoy (main of August 2026): secrets';
const HEALTH = 'grpc/grpc, doc/health-checking.md';
const WORKLOAD_API = 'spiffe/spiffe, standards/SPIFFE_Workload_API.md';

export const NEWER_DEFINITIONS: Readonly<Record<string, NewerDefinition>> = {
  'envoy.service.auth.v3.CheckResponse': {
    source: ERROR_RESPONSE,
    fields: { 5: 'error_response: envoy.service.auth.v3.DeniedHttpResponse in http_response' },
  },
  'envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig': {
    source: SPIFFE_BUNDLES,
    fields: { 2: 'trust_bundles: envoy.config.core.v3.DataSource' },
  },
  'envoy.extensions.transport_sockets.tls.v3.GenericSecret': {
    source: GENERIC_SECRETS,
    fields: { 2: 'secrets: map<string, envoy.config.core.v3.DataSource>' },
  },
  'grpc.health.v1.HealthCheckRequest': { source: HEALTH, fields: { 1: 'service: string' } },
  'grpc.health.v1.HealthCheckResponse': {
    source: HEALTH,
    fields: { 1: 'status: grpc.health.v1.HealthCheckResponse.ServingStatus' },
  },
  'grpc.health.v1.HealthCheckResponse.ServingStatus': {
    source: HEALTH,
    values: { UNKNOWN: 0, SERVING: 1, NOT_SERVING: 2, SERVICE_UNKNOWN: 3 },
  },
  'grpc.health.v1.Health': {
    source: HEALTH,
    methods: {
      Check: 'grpc.health.v1.HealthCheckRequest -> grpc.health.v1.HealthCheckResponse',
      Watch: 'grpc.health.v1.HealthCheckRequest -> stream grpc.health.v1.HealthCheckResponse',
    },
  },
  SpiffeWorkloadAPI: {
    source: WORKLOAD_API,
    methods: {
      FetchX509SVID: 'X509SVIDRequest -> stream X509SVIDResponse',
      FetchX509Bundles: 'X509BundlesRequest -> stream X509BundlesResponse',
      FetchJWTSVID: 'JWTSVIDRequest -> JWTSVIDResponse',
      FetchJWTBundles: 'JWTBundlesRequest -> stream JWTBundlesResponse',
      ValidateJWTSVID: 'ValidateJWTSVIDRequest -> ValidateJWTSVIDResponse',
    },
  },
  X509SVIDRequest: { source: WORKLOAD_API, fields: {} },
  X509SVIDResponse: {
    source: WORKLOAD_API,
    fields: {
      1: 'svids: repeated X509SVID',
      2: 'crl: repeated bytes',
      3: 'federated_bundles: map<string, bytes>',
    },
  },
  X509SVID: {
    source: WORKLOAD_API,
    fields: {
      1: 'spiffe_id: string',
      2: 'x509_svid: bytes',
      3: 'x509_svid_key: bytes',
      4: 'bundle: bytes',
      5: 'hint: string',
    },
  },
  X509BundlesRequest: { source: WORKLOAD_API, fields: {} },
  X509BundlesResponse: {
    source: WORKLOAD_API,
    fields: { 1: 'crl: repeated bytes', 2: 'bundles: map<string, bytes>' },
  },
  JWTSVIDRequest: {
    source: WORKLOAD_API,
    fields: { 1: 'audience: repeated string', 2: 'spiffe_id: string' },
  },
  JWTSVIDResponse: { source: WORKLOAD_API, fields: { 1: 'svids: repeated JWTSVID' } },
  JWTSVID: {
    source: WORKLOAD_API,
    fields: { 1: 'spiffe_id: string', 2: 'svid: string', 3: 'hint: string' },
  },
  JWTBundlesRequest: { source: WORKLOAD_API, fields: {} },
  JWTBundlesResponse: { source: WORKLOAD_API, fields: { 1: 'bundles: map<string, bytes>' } },
  ValidateJWTSVIDRequest: { source: WORKLOAD_API, fields: { 1: 'audience: string', 2: 'svid: string' } },
  ValidateJWTSVIDResponse: {
    source: WORKLOAD_API,
    fields: { 1: 'spiffe_id: string', 2: 'claims: google.protobuf.Struct' },
  },
};
