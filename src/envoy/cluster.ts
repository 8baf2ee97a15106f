import { parseIpAddress } from '../base/index.ts';
import type { Endpoint, Upstream } from './proxy.ts';
import { clientTls } from './tls.ts';
import { type JsonObject, typed } from './typed.ts';

/** A service that requests go on to. */
export function upstreamCluster(upstream: Upstream): JsonObject {
  const { name, endpoint, protocol, tls } = upstream;
  return {
    ...cluster(name, endpoint),
    ...(protocol === 'tcp' ? {} : httpOptions(protocol, upstream.requestsPerConnectionMax)),
    ...(tls === undefined ? {} : { transport_socket: clientTls(tls.identity, tls.peer, ALPN[protocol]) }),
  };
}

/** Sallyport itself: HTTP/2, and a dead peer is noticed. */
export function sallyportCluster(name: string, endpoint: Endpoint): JsonObject {
  return {
    ...cluster(name, endpoint),
    ...httpOptions('http2', undefined, {
      connection_keepalive: { interval: '30s', timeout: '5s' },
    }),
  };
}

const ALPN: Readonly<Record<Upstream['protocol'], readonly string[]>> = {
  http1: ['http/1.1'],
  http2: ['h2'],
  tcp: [],
};

function cluster(name: string, endpoint: Endpoint): JsonObject {
  return {
    name,
    type: endpoint.kind === 'unix' || parseIpAddress(endpoint.host) !== undefined ? 'STATIC' : 'STRICT_DNS',
    connect_timeout: '2s',
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: address(endpoint) } }] }],
    },
  };
}

function address(endpoint: Endpoint): JsonObject {
  return endpoint.kind === 'unix'
    ? { pipe: { path: endpoint.path } }
    : { socket_address: { address: endpoint.host, port_value: endpoint.port } };
}

function httpOptions(
  protocol: 'http1' | 'http2',
  requestsPerConnectionMax: number | undefined,
  http2: JsonObject = {},
): JsonObject {
  return {
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': typed(
        'envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
        {
          ...(requestsPerConnectionMax === undefined
            ? {}
            : { common_http_protocol_options: { max_requests_per_connection: requestsPerConnectionMax } }),
          explicit_http_config:
            protocol === 'http1' ? { http_protocol_options: {} } : { http2_protocol_options: http2 },
        },
      ),
    },
  };
}
