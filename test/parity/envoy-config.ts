import { httpConnectionManager } from '../../src/envoy/http-connection.ts';
import { type EnvoyProxy, httpExtAuthz, type JsonObject, REGEX_RUNTIME } from '../../src/envoy/index.ts';
import { typed } from '../../src/envoy/typed.ts';
import type { Certificates } from './certificates.ts';
import { METADATA_HEADER, METADATA_SEEN_HEADER, type Ports, ROUTE_HEADER } from './materialize.ts';
import { type ParityMesh, WORKLOAD } from './mesh.ts';
import { bareCluster, tcpListeners } from './tcp-config.ts';

/** By whom a request is judged. */
export const JUDGES = ['istio', 'lowered', 'sallyport', 'bare'] as const;

/**
 * - `istio`: Envoy's own filters, as Istio's compiler makes them.
 * - `lowered`: Envoy's own filters, as `src/envoy` makes them of the same policies.
 * - `sallyport`: a Sallyport, asked as `src/envoy` writes it.
 * - `bare`: the same, asked with none of what helps it to know more.
 */
export type Judge = (typeof JUDGES)[number];

/** A policy set as one Envoy serves it beside others. */
export interface ServedSet {
  /** Unique in this Envoy. */
  readonly name: string;
  readonly istio: readonly JsonObject[];
  readonly lowered: readonly JsonObject[];
  readonly sallyportSocket: string;
  /** For connections: the same two, where this set is tried with them, and another socket for `bare`. */
  readonly tcp:
    | {
        readonly istio: readonly JsonObject[];
        readonly lowered: readonly JsonObject[];
        readonly bareSocket: string;
      }
    | undefined;
}

export interface ParityEnvoy {
  readonly mesh: ParityMesh;
  readonly ports: Ports;
  readonly certificates: Certificates;
  readonly upstreamPort: number;
  readonly tcpUpstreamPort: number;
  readonly sets: readonly ServedSet[];
}

/** The value of `ROUTE_HEADER` that leads to the filters of one judge. */
export function routeName(set: string, judge: Judge): string {
  return `${set}.${judge}`;
}

/**
 * All filters of all sets stand in one chain, switched off, and each route switches on those of one set and one
 * judge: so every judge sees the same connection and the same request, in one process.
 */
export function parityBootstrap(envoy: ParityEnvoy): JsonObject {
  const addresses = listenAddresses(envoy.ports).map(({ host, port }) => socketAddress(host, port));
  const manager = connectionManager(envoy);
  return {
    layered_runtime: { layers: [{ name: 'regex', static_layer: REGEX_RUNTIME }] },
    static_resources: {
      listeners: [
        {
          name: 'parity',
          address: addresses[0] ?? {},
          additional_addresses: addresses.slice(1).map((one) => ({ address: one })),
          listener_filters: [TLS_INSPECTOR],
          filter_chains: [
            { filter_chain_match: { transport_protocol: 'raw_buffer' }, filters: [manager] },
            {
              filter_chain_match: { transport_protocol: 'tls' },
              transport_socket: serverTls(envoy.certificates),
              filters: [manager],
            },
          ],
        },
        ...tcpListeners(envoy),
      ],
      clusters: [
        cluster('upstream', socketAddress('127.0.0.1', envoy.upstreamPort)),
        cluster('tcp-upstream', socketAddress('127.0.0.1', envoy.tcpUpstreamPort)),
        ...envoy.sets.flatMap(({ name, sallyportSocket, tcp }) => [
          grpcCluster(sallyportCluster(name), sallyportSocket),
          ...(tcp === undefined ? [] : [grpcCluster(bareCluster(name), tcp.bareSocket)]),
        ]),
      ],
    },
  };
}

export const TLS_INSPECTOR: JsonObject = {
  name: 'envoy.filters.listener.tls_inspector',
  typed_config: typed('envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector'),
};

export function socketAddress(host: string, port: number): JsonObject {
  return { socket_address: { address: host, port_value: port } };
}

function grpcCluster(name: string, path: string): JsonObject {
  return {
    ...cluster(name, { pipe: { path } }),
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': typed(
        'envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
        { explicit_http_config: { http2_protocol_options: {} } },
      ),
    },
  };
}

/** Both ports on both addresses, so that rules about where a request went have something to tell apart. */
export function listenAddresses({ PORT_A, PORT_B }: Ports) {
  return [PORT_A, PORT_B].flatMap((port) => ['127.0.0.1', '127.0.0.2'].map((host) => ({ host, port })));
}

export function serverTls({ server, rootsPem }: Certificates): JsonObject {
  return {
    name: 'envoy.transport_sockets.tls',
    typed_config: typed('envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext', {
      require_client_certificate: true,
      common_tls_context: {
        tls_certificates: [
          {
            certificate_chain: { inline_string: server.chainPem },
            private_key: { inline_string: server.keyPem },
          },
        ],
        validation_context: { trusted_ca: { inline_string: rootsPem } },
      },
    }),
  };
}

function cluster(name: string, address: JsonObject): JsonObject {
  return {
    name,
    type: 'STATIC',
    connect_timeout: '5s',
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }],
    },
  };
}

export function sallyportCluster(set: string): string {
  return `sallyport-${set}`;
}

function connectionManager(envoy: ParityEnvoy): JsonObject {
  const { mesh, sets } = envoy;
  const generated = httpConnectionManager(PROXY, {
    kind: mesh.side,
    name: 'parity',
    address: { kind: 'tcp', host: '127.0.0.1', port: 0 },
    routes: [],
    pathNormalization: mesh.pathNormalization,
    identity: 'default',
  });
  const filters = sets.flatMap((set) => [
    ...NATIVE.flatMap((judge) =>
      set[judge].map((config, index) => ({ name: nativeName(set.name, judge, index), typed_config: config })),
    ),
    { name: `${set.name}.ext_authz`, typed_config: extAuthz(set.name) },
    { name: `${set.name}.ext_authz_bare`, typed_config: bareExtAuthz(set.name) },
  ]);
  return {
    name: 'envoy.filters.network.http_connection_manager',
    typed_config: {
      ...(generated['typed_config'] as JsonObject),
      access_log: [],
      xff_num_trusted_hops: mesh.trustedHops,
      // Answers would differ by it from one judge to the other.
      generate_request_id: false,
      always_set_request_id_in_response: false,
      http_filters: [
        metadataFilter(),
        ...filters.map((filter) => ({ ...filter, disabled: true })),
        {
          name: 'envoy.filters.http.router',
          typed_config: typed('envoy.extensions.filters.http.router.v3.Router'),
        },
      ],
      route_config: {
        name: 'parity',
        virtual_hosts: [{ name: 'all', domains: ['*'], routes: sets.flatMap(routesOf) }],
      },
    },
  };
}

const NATIVE = ['istio', 'lowered'] as const;

function nativeName(set: string, judge: (typeof NATIVE)[number], index: number): string {
  return `${set}.${judge}-${index}`;
}

function routesOf(set: ServedSet): readonly JsonObject[] {
  const enabled: readonly (readonly [Judge, readonly string[]])[] = [
    ...NATIVE.map(
      (judge) => [judge, set[judge].map((_, index) => nativeName(set.name, judge, index))] as const,
    ),
    ['sallyport', [`${set.name}.ext_authz`]],
    ['bare', [`${set.name}.ext_authz_bare`]],
  ];
  return enabled.map(([judge, names]) => ({
    match: {
      prefix: '/',
      headers: [{ name: ROUTE_HEADER, string_match: { exact: routeName(set.name, judge) } }],
    },
    route: { cluster: 'upstream' },
    request_headers_to_remove: [ROUTE_HEADER],
    typed_per_filter_config: Object.fromEntries(names.map((name) => [name, switchedOn(judge)])),
  }));
}

function switchedOn(judge: Judge): JsonObject {
  const config =
    judge === 'istio' || judge === 'lowered'
      ? {}
      : typed('envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute', {
          check_settings: {
            context_extensions: {
              'sallyport.workload': `${WORKLOAD.namespace}/${WORKLOAD.name}`,
              'sallyport.profile': judge === 'bare' ? 'bare' : 'full',
            },
          },
        });
  return typed('envoy.config.route.v3.FilterConfig', { config });
}

/** What stands in the place of the filters whose metadata `experimental.…` conditions look at. */
function metadataFilter(): JsonObject {
  const target = (key: string, type: JsonObject): JsonObject => ({
    metadata_namespace: 'envoy.filters.http.x',
    key,
    ...type,
  });
  return {
    name: 'metadata',
    typed_config: typed('envoy.extensions.filters.http.header_to_metadata.v3.Config', {
      request_rules: [
        {
          header: METADATA_HEADER,
          on_header_present: target('k', { type: 'PROTOBUF_VALUE', encode: 'BASE64' }),
          remove: true,
        },
        { header: METADATA_SEEN_HEADER, on_header_present: target('seen', { type: 'STRING' }), remove: true },
      ],
    }),
  };
}

/** As `src/envoy` writes it for users, with the metadata of the filter above. */
function extAuthz(set: string): JsonObject {
  const config = httpExtAuthz(PROXY)['typed_config'] as JsonObject;
  return {
    ...config,
    grpc_service: {
      ...(config['grpc_service'] as JsonObject),
      envoy_grpc: { cluster_name: sallyportCluster(set) },
    },
    metadata_context_namespaces: ['envoy.filters.http.x'],
  };
}

/** As an Envoy asks that nobody set up with care. */
function bareExtAuthz(set: string): JsonObject {
  return typed('envoy.extensions.filters.http.ext_authz.v3.ExtAuthz', {
    transport_api_version: 'V3',
    grpc_service: { envoy_grpc: { cluster_name: sallyportCluster(set) }, timeout: '10s' },
  });
}

/** All of it that is used here. */
const PROXY: EnvoyProxy = {
  nodeId: 'parity',
  nodeCluster: 'parity',
  admin: undefined,
  authorizer: { kind: 'unix', path: '' },
  secrets: { kind: 'unix', path: '' },
  verdictTimeoutMillis: 10_000,
  listeners: [],
  upstreams: [],
};
