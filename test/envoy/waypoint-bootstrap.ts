import {
  AUTHORIZER_CLUSTER,
  HTTP_FILTER,
  httpExtAuthz,
  type JsonObject,
  WORKLOAD_EXTENSION,
} from '../../src/envoy/index.ts';

export interface WaypointOptions {
  readonly port: number;
  readonly server: { readonly certificateChainPem: string; readonly privateKeyPem: string };
  readonly rootPem: string;
  readonly authorizerSocket: string;
}

/**
 * An Envoy in the shape of Istio's waypoints: HBONE ends on an outer listener, which leaves the caller's name in
 * filter state and hands the stream to an internal listener, where the filters run without any TLS peer.
 */
export function waypointBootstrap(options: WaypointOptions): JsonObject {
  return {
    bootstrap_extensions: [
      {
        name: 'envoy.bootstrap.internal_listener',
        typed_config: typed('envoy.extensions.bootstrap.internal_listener.v3.InternalListener'),
      },
    ],
    static_resources: {
      listeners: [outerListener(options), innerListener()],
      clusters: [innerCluster(), authorizerCluster(options.authorizerSocket)],
    },
  };
}

const INNER = 'main_internal';

function outerListener({ port, server, rootPem }: WaypointOptions): JsonObject {
  return {
    name: 'hbone',
    address: { socket_address: { address: '127.0.0.1', port_value: port } },
    filter_chains: [
      {
        transport_socket: {
          name: 'tls',
          typed_config: typed('envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext', {
            require_client_certificate: true,
            common_tls_context: {
              alpn_protocols: ['h2'],
              tls_certificates: [
                {
                  certificate_chain: { inline_string: server.certificateChainPem },
                  private_key: { inline_string: server.privateKeyPem },
                },
              ],
              validation_context: { trusted_ca: { inline_string: rootPem } },
            },
          }),
        },
        filters: [
          manager('hbone', [peerIntoFilterState()], {
            http2_protocol_options: { allow_connect: true },
            upgrade_configs: [{ upgrade_type: 'CONNECT' }],
            route_config: {
              virtual_hosts: [
                {
                  name: 'tunnel',
                  domains: ['*'],
                  routes: [
                    {
                      match: { connect_matcher: {} },
                      route: {
                        cluster: INNER,
                        upgrade_configs: [{ upgrade_type: 'CONNECT', connect_config: {} }],
                      },
                    },
                  ],
                },
              ],
            },
          }),
        ],
      },
    ],
  };
}

function peerIntoFilterState(): JsonObject {
  return {
    name: 'envoy.filters.http.set_filter_state',
    typed_config: typed('envoy.extensions.filters.http.set_filter_state.v3.Config', {
      on_request_headers: [
        {
          object_key: 'io.istio.peer_principal',
          factory_key: 'envoy.string',
          format_string: { text_format_source: { inline_string: '%DOWNSTREAM_PEER_URI_SAN%' } },
          shared_with_upstream: 'ONCE',
        },
      ],
    }),
  };
}

function innerListener(): JsonObject {
  const host = (name: string, extensions: JsonObject, domains: readonly string[]): JsonObject => ({
    name,
    domains,
    routes: [
      {
        match: { prefix: '/' },
        direct_response: { status: 200 },
        typed_per_filter_config: {
          [HTTP_FILTER]: typed('envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute', {
            check_settings: { context_extensions: { [WORKLOAD_EXTENSION]: 'shop/way', ...extensions } },
          }),
        },
      },
    ],
  });
  const hosts = [host('untold', { 'sallyport.profile': 'untold' }, ['untold']), host('all', {}, ['*'])];
  return {
    name: INNER,
    internal_listener: {},
    filter_chains: [
      {
        filters: [
          manager('inner', [httpExtAuthz({ verdictTimeoutMillis: 2000 }, 'hbone')], {
            normalize_path: true,
            route_config: { virtual_hosts: hosts },
          }),
        ],
      },
    ],
  };
}

function manager(name: string, filters: readonly JsonObject[], settings: JsonObject): JsonObject {
  return {
    name: 'http',
    typed_config: typed('envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager', {
      stat_prefix: name,
      ...settings,
      http_filters: [
        ...filters,
        { name: 'router', typed_config: typed('envoy.extensions.filters.http.router.v3.Router') },
      ],
    }),
  };
}

function innerCluster(): JsonObject {
  return {
    name: INNER,
    load_assignment: {
      cluster_name: INNER,
      endpoints: [
        {
          lb_endpoints: [
            { endpoint: { address: { envoy_internal_address: { server_listener_name: INNER } } } },
          ],
        },
      ],
    },
    transport_socket: {
      name: 'envoy.transport_sockets.internal_upstream',
      typed_config: typed(
        'envoy.extensions.transport_sockets.internal_upstream.v3.InternalUpstreamTransport',
        {
          transport_socket: {
            name: 'envoy.transport_sockets.raw_buffer',
            typed_config: typed('envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer'),
          },
        },
      ),
    },
  };
}

function authorizerCluster(path: string): JsonObject {
  return {
    name: AUTHORIZER_CLUSTER,
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': typed(
        'envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
        { explicit_http_config: { http2_protocol_options: {} } },
      ),
    },
    load_assignment: {
      cluster_name: AUTHORIZER_CLUSTER,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: { pipe: { path } } } }] }],
    },
  };
}

function typed(type: string, fields: JsonObject = {}): JsonObject {
  return { '@type': `type.googleapis.com/${type}`, ...fields };
}
