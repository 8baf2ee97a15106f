import type { EnvoyProxy, HttpListener, PathNormalization, TcpEndpoint } from '../../src/envoy/index.ts';
import { parseSpiffeId } from '../../src/identity/index.ts';

const PEER = parseSpiffeId('spiffe://example.org/ns/shop/sa/orders');

/** A proxy that uses everything the model has to offer, so that nothing of it stays unproven. */
export const EVERY_FEATURE: EnvoyProxy = {
  nodeId: 'every',
  nodeCluster: 'test',
  admin: tcp(19_000),
  authorizer: { kind: 'tcp', host: 'sallyport.example.org', port: 9191 },
  secrets: { kind: 'tcp', host: '::1', port: 9192 },
  verdictTimeoutMillis: 250,
  listeners: [
    ...(['NONE', 'BASE', 'MERGE_SLASHES', 'DECODE_AND_MERGE_SLASHES'] as const).map((mode, index) =>
      inbound(mode, 19_001 + index),
    ),
    { ...inbound('BASE', 19_010), kind: 'edge', name: 'edge' },
    { ...inbound('NONE', 19_011), kind: 'outbound', name: 'outbound' },
    { kind: 'tcp-inbound', name: 'bytes-in', address: tcp(19_012), upstream: 'bytes', identity: PEER.uri },
    {
      kind: 'tcp-outbound',
      name: 'bytes-out',
      address: tcp(19_013),
      upstream: 'bytes-mtls',
      identity: 'default',
    },
  ],
  upstreams: [
    {
      name: 'app',
      endpoint: tcp(19_020),
      protocol: 'http1',
      tls: undefined,
      requestsPerConnectionMax: undefined,
    },
    {
      name: 'h2',
      endpoint: { kind: 'tcp', host: 'orders.example.org', port: 8443 },
      protocol: 'http2',
      tls: { identity: 'default', peer: PEER },
      requestsPerConnectionMax: 1,
    },
    {
      name: 'bytes',
      endpoint: { kind: 'unix', path: '/tmp/app.sock' },
      protocol: 'tcp',
      tls: undefined,
      requestsPerConnectionMax: undefined,
    },
    {
      name: 'bytes-mtls',
      endpoint: tcp(19_021),
      protocol: 'tcp',
      tls: { identity: PEER.uri, peer: PEER },
      requestsPerConnectionMax: undefined,
    },
  ],
};

function inbound(pathNormalization: PathNormalization, port: number): HttpListener {
  return {
    kind: 'inbound',
    name: `inbound-${port}`,
    address: tcp(port),
    identity: 'default',
    pathNormalization,
    routes: [
      {
        path: { kind: 'exact', text: '/healthz' },
        action: { kind: 'reply', status: 200, body: 'well\n' },
        verdict: { kind: 'none' },
      },
      {
        path: { kind: 'prefix', text: '/h2/' },
        action: { kind: 'upstream', name: 'h2' },
        verdict: { kind: 'workload', workload: 'shop/other' },
      },
      {
        path: { kind: 'prefix', text: '/' },
        action: { kind: 'upstream', name: 'app' },
        verdict: { kind: 'workload', workload: 'shop/orders' },
      },
    ],
  };
}

function tcp(port: number): TcpEndpoint {
  return { kind: 'tcp', host: '127.0.0.1', port };
}
