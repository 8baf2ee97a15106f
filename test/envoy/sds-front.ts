import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import type { EnvoyVersion, JsonObject } from '../../src/envoy/index.ts';
import { freePorts } from '../../src/lab/free-ports.ts';
import type { Site } from '../service/app/bed.ts';
import { envoyAtHand } from './envoy-at-hand.ts';

const TYPE = 'type.googleapis.com/envoy.extensions';

/** An Envoy that ends TLS with nothing but what it gets at the agent socket `web` of a site. */
export interface SdsFront {
  readonly port: number;
  /** As the binary says it: `1.40.0`. */
  readonly release: string;
}

/** Where Envoy asks for secrets. */
export const SDS_SOURCE: JsonObject = {
  resource_api_version: 'V3',
  api_config_source: {
    api_type: 'GRPC',
    transport_api_version: 'V3',
    grpc_services: [{ envoy_grpc: { cluster_name: 'sallyport' } }],
  },
};

export function sdsSecret(name: string): JsonObject {
  return { name, sds_config: SDS_SOURCE };
}

/** Starts it with this `DownstreamTlsContext`; every request that gets in is answered with 200. */
export async function startSdsFront(version: EnvoyVersion, site: Site, tls: JsonObject): Promise<SdsFront> {
  const envoy = await envoyAtHand(version);
  const [port = 0] = await freePorts('127.0.0.1', 1);
  mkdirSync(site.path('envoy'));
  const file = site.path('envoy', 'envoy.json');
  writeFileSync(file, JSON.stringify(bootstrap(site, port, tls)));
  const child = spawn(
    envoy.path,
    ['-c', file, '--use-dynamic-base-id', '--concurrency', '1', '--log-level', 'error'],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  return { port, release: envoy.release };
}

function bootstrap(site: Site, port: number, tls: JsonObject): JsonObject {
  const context = { '@type': `${TYPE}.transport_sockets.tls.v3.DownstreamTlsContext`, ...tls };
  const manager = {
    '@type': `${TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: 'in',
    route_config: {
      virtual_hosts: [
        {
          name: 'all',
          domains: ['*'],
          routes: [{ match: { prefix: '/' }, direct_response: { status: 200 } }],
        },
      ],
    },
    http_filters: [{ name: 'router', typed_config: { '@type': `${TYPE}.filters.http.router.v3.Router` } }],
  };
  const http2 = {
    '@type': `${TYPE}.upstreams.http.v3.HttpProtocolOptions`,
    explicit_http_config: { http2_protocol_options: {} },
  };
  const pipe = { path: site.path('run', 'web.sock') };
  const chain = {
    transport_socket: { name: 'tls', typed_config: context },
    filters: [{ name: 'http', typed_config: manager }],
  };
  return {
    node: { id: 'server', cluster: 'server' },
    static_resources: {
      listeners: [
        {
          name: 'in',
          address: { socket_address: { address: '127.0.0.1', port_value: port } },
          filter_chains: [chain],
        },
      ],
      clusters: [
        {
          name: 'sallyport',
          typed_extension_protocol_options: {
            'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': http2,
          },
          load_assignment: {
            cluster_name: 'sallyport',
            endpoints: [{ lb_endpoints: [{ endpoint: { address: { pipe } } }] }],
          },
        },
      ],
    },
  };
}
