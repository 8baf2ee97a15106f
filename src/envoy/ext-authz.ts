import { type EnvoyProxy, type Route, WORKLOAD_EXTENSION } from './proxy.ts';
import { duration, type JsonObject, typed } from './typed.ts';
import { type EnvoyVersion, envoyHas } from './version.ts';

export const AUTHORIZER_CLUSTER = 'sallyport-authz';

export const HTTP_FILTER = 'envoy.filters.http.ext_authz';
export const NETWORK_FILTER = 'envoy.filters.network.ext_authz';

/** Metadata that rules may look at: what Envoy's own JWT filter verified. */
const METADATA_NAMESPACES = ['envoy.filters.http.jwt_authn'];

/**
 * Where the filter finds who calls: `tls` on its own connection; `hbone` where mutual TLS ended on an outer
 * listener that left the name in filter state, as in Istio's waypoints.
 */
export type PeerSource = 'tls' | 'hbone';

/** The HTTP filter: no verdict, no passage. */
export function httpExtAuthz(
  proxy: Authorizer & { readonly bodyBytesMax?: number },
  peer: PeerSource = 'tls',
): JsonObject {
  return {
    name: HTTP_FILTER,
    typed_config: typed('envoy.extensions.filters.http.ext_authz.v3.ExtAuthz', {
      transport_api_version: 'V3',
      grpc_service: authorizer(proxy, peer),
      failure_mode_allow: false,
      // Not 403: a caller shall tell "could not be decided" from "no".
      status_on_error: { code: 'ServiceUnavailable' },
      include_peer_certificate: true,
      include_tls_session: true,
      // Each header line by itself; joined by commas, several lines look like one.
      encode_raw_headers: true,
      // A verdict that Envoy cannot apply whole is not applied in part.
      validate_mutations: true,
      ...(proxy.bodyBytesMax === undefined ? {} : { with_request_body: bodyUpTo(proxy.bodyBytesMax) }),
      metadata_context_namespaces: METADATA_NAMESPACES,
    }),
  };
}

/** For those whom Sallyport asks: as it is, and what is longer by its beginning, which they may refuse. */
function bodyUpTo(bytesMax: number): JsonObject {
  return { max_request_bytes: bytesMax, allow_partial_message: true, pack_as_bytes: true };
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
export function networkExtAuthz(
  proxy: Authorizer,
  statPrefix: string,
  version: EnvoyVersion,
  peer: PeerSource = 'tls',
): JsonObject {
  return {
    name: NETWORK_FILTER,
    typed_config: typed('envoy.extensions.filters.network.ext_authz.v3.ExtAuthz', {
      stat_prefix: statPrefix,
      transport_api_version: 'V3',
      grpc_service: authorizer(proxy, peer),
      failure_mode_allow: false,
      include_peer_certificate: true,
      include_tls_session: true,
      ...(envoyHas(version, 'networkMetadataContext')
        ? { metadata_context_namespaces: METADATA_NAMESPACES }
        : {}),
    }),
  };
}

/** How long a verdict may take. */
type Authorizer = Pick<EnvoyProxy, 'verdictTimeoutMillis'>;

/** What Envoy knows of a request and a Check has no field for; each value is worked out for every request. */
export const CALL_METADATA: Readonly<Record<PeerSource, Readonly<Record<string, string>>>> = {
  tls: {
    'x-sallyport-remote-address': '%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%',
    'x-sallyport-sni': '%REQUESTED_SERVER_NAME%',
    'x-sallyport-peer': '%DOWNSTREAM_PEER_URI_SAN%',
  },
  hbone: {
    'x-sallyport-remote-address': '%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%',
    'x-sallyport-sni': '%REQUESTED_SERVER_NAME%',
    'x-sallyport-peer': '%FILTER_STATE(io.istio.peer_principal:PLAIN)%',
  },
};

function authorizer(proxy: Authorizer, peer: PeerSource): JsonObject {
  return {
    envoy_grpc: { cluster_name: AUTHORIZER_CLUSTER },
    timeout: duration(proxy.verdictTimeoutMillis),
    initial_metadata: Object.entries(CALL_METADATA[peer]).map(([key, value]) => ({ key, value })),
  };
}
