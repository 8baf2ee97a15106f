import { type JsonObject, networkExtAuthz } from '../../src/envoy/index.ts';
import { typed } from '../../src/envoy/typed.ts';
import {
  JUDGES,
  type Judge,
  type ParityEnvoy,
  type ServedSet,
  sallyportCluster,
  serverTls,
  socketAddress,
  TLS_INSPECTOR,
} from './envoy-config.ts';

/** The address of a set's listener for connections; all are outside every range that policies here name. */
export function tcpAddress(set: string, judge: Judge): string {
  return `127.77.${JUDGES.indexOf(judge)}.${Number(set) + 1}`;
}

/** A listener for each set and judge, since network filters cannot be switched on by a route. */
export function tcpListeners(envoy: ParityEnvoy): readonly JsonObject[] {
  return envoy.sets.flatMap((set) =>
    set.tcp === undefined ? [] : JUDGES.map((judge) => tcpListener(envoy, set, judge)),
  );
}

function tcpListener(envoy: ParityEnvoy, set: ServedSet, judge: Judge): JsonObject {
  const host = tcpAddress(set.name, judge);
  const filters = [
    ...judgingFilters(set, judge),
    {
      name: 'envoy.filters.network.tcp_proxy',
      typed_config: typed('envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy', {
        stat_prefix: 'tcp',
        cluster: 'tcp-upstream',
      }),
    },
  ];
  return {
    name: `tcp-${set.name}-${judge}`,
    address: socketAddress(host, envoy.ports.PORT_A),
    additional_addresses: [{ address: socketAddress(host, envoy.ports.PORT_B) }],
    listener_filters: [TLS_INSPECTOR],
    filter_chains: [
      { filter_chain_match: { transport_protocol: 'raw_buffer' }, filters },
      {
        filter_chain_match: { transport_protocol: 'tls' },
        transport_socket: serverTls(envoy.certificates),
        filters,
      },
    ],
  };
}

function judgingFilters({ name, tcp }: ServedSet, judge: Judge): readonly JsonObject[] {
  switch (judge) {
    case 'istio':
    case 'lowered':
      return (tcp?.[judge] ?? []).map((config) => ({
        name: 'envoy.filters.network.rbac',
        typed_config: config,
      }));
    case 'sallyport': {
      const filter = networkExtAuthz({ verdictTimeoutMillis: 10_000 }, 'tcp', '1.40');
      const config = filter['typed_config'] as JsonObject;
      return [
        { ...filter, typed_config: { ...config, grpc_service: askedBy(config, sallyportCluster(name)) } },
      ];
    }
    case 'bare':
      return [
        {
          name: 'envoy.filters.network.ext_authz',
          typed_config: typed('envoy.extensions.filters.network.ext_authz.v3.ExtAuthz', {
            stat_prefix: 'tcp',
            transport_api_version: 'V3',
            grpc_service: { envoy_grpc: { cluster_name: bareCluster(name) }, timeout: '10s' },
          }),
        },
      ];
    default:
      return judge satisfies never;
  }
}

/** A network filter cannot name a profile, so a listener of Sallyport's does. */
export function bareCluster(set: string): string {
  return `${sallyportCluster(set)}-bare`;
}

function askedBy(config: JsonObject, name: string): JsonObject {
  return { ...(config['grpc_service'] as JsonObject), envoy_grpc: { cluster_name: name } };
}
