import type { PeerMode } from '../policy/index.ts';
import { overloadManager } from './bootstrap.ts';
import { sallyportCluster, upstreamCluster } from './cluster.ts';
import { NETWORK_RBAC_FILTER, RBAC_FILTER } from './filters/rbac.ts';
import { REGEX_RUNTIME } from './filters/text-match.ts';
import { connectionManager } from './http-connection.ts';
import { tcpProxy } from './listener.ts';
import { peerChains } from './peer-chains.ts';
import { DEFAULT_IDENTITY, type Endpoint, type PathNormalization, type TcpEndpoint } from './proxy.ts';
import { SDS_CLUSTER } from './tls.ts';
import type { JsonObject } from './typed.ts';

/** An Envoy in front of one port of one workload that judges by filters of its own, without a call. */
export interface WorkloadEnvoy {
  /** `<namespace>/<name>`. */
  readonly workload: string;
  readonly address: TcpEndpoint;
  readonly mode: PeerMode;
  readonly transport: 'http' | 'tcp';
  /** Made by `nativeFilters` for the same transport. */
  readonly filters: readonly JsonObject[];
  readonly pathNormalization: PathNormalization;
  readonly upstream: { readonly endpoint: Endpoint; readonly protocol: 'http1' | 'http2' };
  /** Where Sallyport serves secrets; needless when the mode takes plain text alone. */
  readonly secrets: Endpoint | undefined;
}

const UPSTREAM = 'workload';

/** The whole bootstrap configuration of such an Envoy. */
export function makeWorkloadBootstrap(envoy: WorkloadEnvoy): JsonObject {
  const { workload, address, transport, upstream, secrets } = envoy;
  const name = `${workload.replace('/', '.')}.${address.port}`;
  return {
    node: { id: `${workload}:${address.port}`, cluster: workload },
    static_resources: {
      listeners: [
        {
          name,
          address: { socket_address: { address: address.host, port_value: address.port } },
          per_connection_buffer_limit_bytes: 1024 * 1024,
          ...peerChains({
            name,
            mode: envoy.mode,
            identity: DEFAULT_IDENTITY,
            filters:
              transport === 'tcp'
                ? [...envoy.filters, tcpProxy(name, UPSTREAM, NETWORK_RBAC_FILTER)]
                : [httpManager(envoy, name)],
          }),
        },
      ],
      clusters: [
        ...(secrets === undefined ? [] : [sallyportCluster(SDS_CLUSTER, secrets)]),
        upstreamCluster({
          name: UPSTREAM,
          endpoint: upstream.endpoint,
          protocol: transport === 'tcp' ? 'tcp' : upstream.protocol,
          tls: undefined,
          requestsPerConnectionMax: undefined,
        }),
      ],
    },
    overload_manager: overloadManager(),
    layered_runtime: runtimeLayers(),
  };
}

/** What `nativeFilters` needs of Envoy's runtime. */
export function runtimeLayers(): JsonObject {
  return { layers: [{ name: 'sallyport', static_layer: REGEX_RUNTIME }] };
}

function httpManager({ filters, pathNormalization }: WorkloadEnvoy, name: string): JsonObject {
  return connectionManager({
    kind: 'inbound',
    name,
    pathNormalization,
    filters,
    judge: RBAC_FILTER,
    routes: [{ match: { prefix: '/' }, route: { cluster: UPSTREAM } }],
  });
}
