import { handshakeLog, tcpAccessLog } from './access-log.ts';
import { NETWORK_FILTER, networkExtAuthz } from './ext-authz.ts';
import { httpConnectionManager } from './http-connection.ts';
import type { EnvoyProxy, Listener, TcpListener } from './proxy.ts';
import { serverTls } from './tls.ts';
import { type JsonObject, typed } from './typed.ts';
import type { EnvoyVersion } from './version.ts';

export function makeListener(proxy: EnvoyProxy, listener: Listener, version: EnvoyVersion): JsonObject {
  const isMutual = listener.kind === 'inbound' || listener.kind === 'tcp-inbound';
  return {
    name: listener.name,
    address: {
      socket_address: { address: listener.address.host, port_value: listener.address.port },
    },
    per_connection_buffer_limit_bytes: 1024 * 1024,
    ...(isMutual ? { access_log: handshakeLog(listener.name) } : {}),
    filter_chains: [
      {
        ...(isMutual ? { transport_socket: serverTls(listener.identity) } : {}),
        filters: isTcp(listener)
          ? tcpFilters(proxy, listener, version)
          : [httpConnectionManager(proxy, listener)],
      },
    ],
  };
}

function isTcp(listener: Listener): listener is TcpListener {
  return listener.kind === 'tcp-inbound' || listener.kind === 'tcp-outbound';
}

function tcpFilters(proxy: EnvoyProxy, listener: TcpListener, version: EnvoyVersion): readonly JsonObject[] {
  return [
    ...(listener.kind === 'tcp-inbound' ? [networkExtAuthz(proxy, listener.name, version)] : []),
    tcpProxy(listener.name, listener.upstream),
  ];
}

/** The last network filter of a listener for bytes: on to the upstream. */
export function tcpProxy(name: string, upstream: string, judge = NETWORK_FILTER): JsonObject {
  return {
    name: 'envoy.filters.network.tcp_proxy',
    typed_config: typed('envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy', {
      stat_prefix: name,
      cluster: upstream,
      access_log: tcpAccessLog(name, judge),
    }),
  };
}
