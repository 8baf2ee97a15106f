import { type EnvoyProxy, type Route, WORKLOAD_EXTENSION } from './proxy.ts';
import { duration, type JsonObject, typed } from './typed.ts';
import { type EnvoyVersion, envoyHas } from './version.ts';

export const AUTHORIZER_CLUSTER = 'sallyport-authz';

export const HTTP_FILTER = 'envoy.filters.http.ext_authz';
export const NETWORK_FILTER = 'envoy.filters.network.ext_authz';

/** Metadata that rules may look at: what Envoy's own JWT filter verified. */
const METADATA_NAMESPACES = ['envoy.filters.http.jwt_authn'];

/** The HTTP filter: no verdict, no passage. */
export function httpExtAuthz(proxy: EnvoyProxy): JsonObject {
  return {
    name: HTTP_FILTER,
    typed_config: typed('envoy.extensions.filters.http.ext_authz.v3.ExtAuthz', {
      transport_api_version: 'V3',
      grpc_service: authorizer(proxy),
      failure_mode_allow: false,
      // Not 403: a caller shall tell "could not be decided" from "no".
      status_on_error: { code: 'ServiceUnavailable' },
      include_peer_certificate: true,
      include_tls_session: true,
      // Each header line by itself; joined by commas, several lines look like one.
      encode_raw_headers: true,
      // A verdict that Envoy cannot apply whole is not applied in part.
      validate_mutations: true,
      metadata_context_namespaces: METADATA_NAMESPACES,
    }),
  };
}

/** What a route says to the filter: whose policies judge, or that none do. */
export function routeExtAuthz(verdict: Route['verdict']): JsonObject {
  const fields: JsonObject =
    verdict.kind === 'none'
      ? { disabled: true }
      : { check_settings: { context_extensions: { [WORKLOAD_EXTENSION]: verdict.workload } } };
  return { [HTTP_FILTER]: typed('envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute', fields) };
}

/** The network filter: one verdict for a connection, asked for at its first byte. */
export function networkExtAuthz(proxy: EnvoyProxy, statPrefix: string, version: EnvoyVersion): JsonObject {
  return {
    name: NETWORK_FILTER,
    typed_config: typed('envoy.extensions.filters.network.ext_authz.v3.ExtAuthz', {
      stat_prefix: statPrefix,
      transport_api_version: 'V3',
      grpc_service: authorizer(proxy),
      failure_mode_allow: false,
      include_peer_certificate: true,
      include_tls_session: true,
      ...(envoyHas(version, 'networkMetadataContext')
        ? { metadata_context_namespaces: METADATA_NAMESPACES }
        : {}),
    }),
  };
}

function authorizer(proxy: EnvoyProxy): JsonObject {
  return {
    envoy_grpc: { cluster_name: AUTHORIZER_CLUSTER },
    timeout: duration(proxy.verdictTimeoutMillis),
  };
}
