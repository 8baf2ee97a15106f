import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import type { EnvoyVersion, JsonObject } from '../../src/envoy/index.ts';
import { freePorts } from '../../src/lab/free-ports.ts';
import { envoyAtHand } from './envoy-at-hand.ts';

const TYPE = 'type.googleapis.com/envoy.extensions';

/** One plain HTTP listener: its filters before the router, and what routes say to them. */
export interface HttpFront {
  readonly filters: readonly JsonObject[];
  /** By path prefix, the `typed_per_filter_config` of its route. */
  readonly routes?: Readonly<Record<string, JsonObject>>;
  /** Request headers that answers repeat as `seen-…`, as they are behind the filters. */
  readonly echo?: readonly string[];
}

export interface HttpEnvoy {
  /** As the binary says it: `1.40.0`. */
  readonly release: string;
  /** Of the fronts, in their order. */
  readonly ports: readonly number[];
}

/** An Envoy of a release that asks at a Unix socket; requests that pass are answered with 200 by Envoy itself. */
export async function startHttpEnvoy(
  version: EnvoyVersion,
  authorizerSocket: string,
  fronts: readonly HttpFront[],
  others: readonly JsonObject[] = [],
): Promise<HttpEnvoy> {
  const envoy = await envoyAtHand(version);
  const ports = await freePorts('127.0.0.1', fronts.length);
  const folder = mkdtempSync(join(tmpdir(), 'sp-http-envoy-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'envoy.json');
  const listeners = fronts.map((front, index) => listener(front, ports[index] ?? 0));
  const clusters = [authorizer(authorizerSocket), ...others];
  writeFileSync(file, JSON.stringify({ static_resources: { listeners, clusters } }));
  const child = spawn(
    envoy.path,
    ['-c', file, '--use-dynamic-base-id', '--concurrency', '1', '--log-level', 'error'],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  for (const port of ports) {
    await expect
      .poll(
        () =>
          get(port, '/').then(
            () => 'up',
            () => 'down',
          ),
        { timeout: 20_000, interval: 50 },
      )
      .toBe('up');
  }
  return { release: envoy.release, ports };
}

/** The HTTP filter that asks the socket, with what a test wants of it. */
export function extAuthz(fields: JsonObject = {}): JsonObject {
  return {
    name: 'envoy.filters.http.ext_authz',
    typed_config: {
      '@type': `${TYPE}.filters.http.ext_authz.v3.ExtAuthz`,
      transport_api_version: 'V3',
      grpc_service: { envoy_grpc: { cluster_name: 'sallyport' }, timeout: '2s' },
      ...fields,
    },
  };
}

/** What a route says to that filter. */
export function contextExtensions(extensions: Readonly<Record<string, string>>): JsonObject {
  return {
    'envoy.filters.http.ext_authz': {
      '@type': `${TYPE}.filters.http.ext_authz.v3.ExtAuthzPerRoute`,
      check_settings: { context_extensions: extensions },
    },
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

export function get(
  port: number,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, headers, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    })
      .on('error', reject)
      .end();
  });
}

function listener({ filters, routes = {}, echo = [] }: HttpFront, port: number): JsonObject {
  const entries = [...Object.entries(routes), ['/', {}] as const];
  const manager = {
    '@type': `${TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: `front-${port}`,
    normalize_path: true,
    route_config: {
      virtual_hosts: [
        {
          name: 'all',
          domains: ['*'],
          routes: entries.map(([prefix, config]) => ({
            match: { prefix },
            direct_response: { status: 200, body: { inline_string: 'passed' } },
            typed_per_filter_config: config,
            response_headers_to_add: echo.map((name) => ({
              header: { key: `seen-${name.replace(':', '')}`, value: `%REQ(${name})%` },
            })),
          })),
        },
      ],
    },
    http_filters: [
      ...filters,
      { name: 'router', typed_config: { '@type': `${TYPE}.filters.http.router.v3.Router` } },
    ],
  };
  return {
    name: `front-${port}`,
    address: { socket_address: { address: '127.0.0.1', port_value: port } },
    filter_chains: [{ filters: [{ name: 'http', typed_config: manager }] }],
  };
}

function authorizer(path: string): JsonObject {
  return {
    name: 'sallyport',
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': `${TYPE}.upstreams.http.v3.HttpProtocolOptions`,
        explicit_http_config: { http2_protocol_options: {} },
      },
    },
    load_assignment: {
      cluster_name: 'sallyport',
      endpoints: [{ lb_endpoints: [{ endpoint: { address: { pipe: { path } } } }] }],
    },
  };
}
