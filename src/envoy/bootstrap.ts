import { sallyportCluster, upstreamCluster } from './cluster.ts';
import { AUTHORIZER_CLUSTER } from './ext-authz.ts';
import { makeListener } from './listener.ts';
import type { EnvoyProxy } from './proxy.ts';
import { SDS_CLUSTER } from './tls.ts';
import { type JsonObject, typed } from './typed.ts';
import type { EnvoyVersion } from './version.ts';

const DOWNSTREAM_CONNECTIONS_MAX = 10_000;

/** The whole bootstrap configuration of an Envoy, static but for its secrets. */
export function makeBootstrap(proxy: EnvoyProxy, version: EnvoyVersion): JsonObject {
  return {
    node: { id: proxy.nodeId, cluster: proxy.nodeCluster },
    ...(proxy.admin === undefined
      ? {}
      : {
          admin: { address: { socket_address: { address: proxy.admin.host, port_value: proxy.admin.port } } },
        }),
    static_resources: {
      listeners: proxy.listeners.map((listener) => makeListener(proxy, listener, version)),
      clusters: [
        sallyportCluster(AUTHORIZER_CLUSTER, proxy.authorizer),
        sallyportCluster(SDS_CLUSTER, proxy.secrets),
        ...proxy.upstreams.map(upstreamCluster),
      ],
    },
    overload_manager: overloadManager(),
  };
}

/** A bound on connections: without one, strangers could take all the memory there is. */
export function overloadManager(): JsonObject {
  return {
    resource_monitors: [
      {
        name: 'envoy.resource_monitors.global_downstream_max_connections',
        typed_config: typed(
          'envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig',
          { max_active_downstream_connections: DOWNSTREAM_CONNECTIONS_MAX },
        ),
      },
    ],
  };
}
