import { httpAccessLog } from './access-log.ts';
import { HTTP_FILTER, httpExtAuthz, routeExtAuthz } from './ext-authz.ts';
import type { EnvoyProxy, HttpListener, PathNormalization, Route } from './proxy.ts';
import { type JsonObject, typed } from './typed.ts';

/** The network filter of an HTTP listener. */
export function httpConnectionManager(proxy: EnvoyProxy, listener: HttpListener): JsonObject {
  return connectionManager({
    ...listener,
    judge: HTTP_FILTER,
    filters: listener.kind === 'outbound' ? [] : [httpExtAuthz(proxy)],
    routes: listener.routes.map((route) => routeEntry(listener, route)),
  });
}

export interface ConnectionManager {
  readonly kind: HttpListener['kind'];
  readonly name: string;
  readonly pathNormalization: PathNormalization;
  /** Those in front of the router. */
  readonly filters: readonly JsonObject[];
  readonly routes: readonly JsonObject[];
  /** The filter that leaves its verdict in the metadata. */
  readonly judge: string;
}

/** The network filter that reads HTTP, asks its filters, and sends the request on. */
export function connectionManager(manager: ConnectionManager): JsonObject {
  const { name } = manager;
  return {
    name: 'envoy.filters.network.http_connection_manager',
    typed_config: typed('envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager', {
      stat_prefix: name,
      ...PATHS[manager.pathNormalization],
      ...callerSettings(manager.kind),
      preserve_external_request_id: true,
      always_set_request_id_in_response: true,
      access_log: httpAccessLog(name, manager.judge),
      http_filters: [
        ...manager.filters,
        {
          name: 'envoy.filters.http.router',
          typed_config: typed('envoy.extensions.filters.http.router.v3.Router'),
        },
      ],
      route_config: { name, virtual_hosts: [{ name, domains: ['*'], routes: manager.routes }] },
    }),
  };
}

/** What Istio sets for each of its modes. */
const PATHS: Readonly<Record<PathNormalization, JsonObject>> = {
  NONE: { normalize_path: false },
  BASE: {
    normalize_path: true,
    merge_slashes: false,
    path_with_escaped_slashes_action: 'KEEP_UNCHANGED',
  },
  MERGE_SLASHES: {
    normalize_path: true,
    merge_slashes: true,
    path_with_escaped_slashes_action: 'KEEP_UNCHANGED',
  },
  DECODE_AND_MERGE_SLASHES: {
    normalize_path: true,
    merge_slashes: true,
    path_with_escaped_slashes_action: 'UNESCAPE_AND_FORWARD',
  },
};

/** Whose address and certificate the next hop is told of. */
function callerSettings(kind: HttpListener['kind']): JsonObject {
  switch (kind) {
    case 'inbound':
      return {
        use_remote_address: false,
        // The workload learns who calls, and cannot be told a lie about it.
        forward_client_cert_details: 'SANITIZE_SET',
        set_current_client_cert_details: { uri: true },
      };
    case 'edge':
      return {
        use_remote_address: true,
        internal_address_config: { cidr_ranges: [] },
        forward_client_cert_details: 'SANITIZE',
        // `x_user` must not pass for `x-user` in a workload that takes the two for one.
        common_http_protocol_options: { headers_with_underscores_action: 'REJECT_REQUEST' },
      };
    case 'outbound':
      return { use_remote_address: false, forward_client_cert_details: 'SANITIZE' };
  }
}

function routeEntry(listener: HttpListener, route: Route): JsonObject {
  const { path, action, verdict } = route;
  return {
    match: path.kind === 'exact' ? { path: path.text } : { prefix: path.text },
    ...(action.kind === 'upstream'
      ? { route: { cluster: action.name } }
      : { direct_response: { status: action.status, body: { inline_string: action.body } } }),
    ...(listener.kind === 'outbound' ? {} : { typed_per_filter_config: routeExtAuthz(verdict) }),
  };
}
