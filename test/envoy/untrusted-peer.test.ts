import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { expect, it, onTestFinished } from 'vitest';
import { freePorts } from '../../src/lab/free-ports.ts';
import { opensslCa } from '../fakes/openssl-ca.ts';
import { makeSite, SETTINGS, type Site } from '../service/app/bed.ts';
import { start } from '../service/app/running.ts';
import { envoyAtHand } from './envoy-at-hand.ts';
import { ownSvid, type Pair } from './own-svid.ts';

const FRONTEND = 'spiffe://example.org/ns/web/sa/frontend';

/** A server that takes any client certificate, whoever signed it, and asks Sallyport. */
function bootstrap(site: Site, port: number, server: Pair, rootPem: string): object {
  const TYPE = 'type.googleapis.com/envoy.extensions';
  const tls = {
    '@type': `${TYPE}.transport_sockets.tls.v3.DownstreamTlsContext`,
    require_client_certificate: true,
    common_tls_context: {
      tls_certificates: [
        {
          certificate_chain: { inline_string: server.certificateChainPem },
          private_key: { inline_string: server.privateKeyPem },
        },
      ],
      validation_context: {
        trusted_ca: { inline_string: rootPem },
        trust_chain_verification: 'ACCEPT_UNTRUSTED',
      },
    },
  };
  const extAuthz = {
    '@type': `${TYPE}.filters.http.ext_authz.v3.ExtAuthz`,
    transport_api_version: 'V3',
    include_peer_certificate: true,
    grpc_service: { envoy_grpc: { cluster_name: 'sallyport' }, timeout: '2s' },
  };
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
    http_filters: [
      { name: 'ext_authz', typed_config: extAuthz },
      { name: 'router', typed_config: { '@type': `${TYPE}.filters.http.router.v3.Router` } },
    ],
  };
  const http2 = {
    '@type': `${TYPE}.upstreams.http.v3.HttpProtocolOptions`,
    explicit_http_config: { http2_protocol_options: {} },
  };
  return {
    static_resources: {
      listeners: [
        {
          name: 'in',
          address: { socket_address: { address: '127.0.0.1', port_value: port } },
          filter_chains: [
            {
              transport_socket: { name: 'tls', typed_config: tls },
              filters: [{ name: 'http', typed_config: manager }],
            },
          ],
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
            endpoints: [
              {
                lb_endpoints: [{ endpoint: { address: { pipe: { path: site.path('run', 'authz.sock') } } } }],
              },
            ],
          },
        },
      ],
    },
  };
}

function get(port: number, { certificateChainPem, privateKeyPem }: Pair): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port,
      path: '/orders',
      cert: certificateChainPem,
      key: privateKeyPem,
      rejectUnauthorized: false,
      agent: false,
    };
    request(options, (response) => {
      response.resume();
      resolve(`${response.statusCode} ${response.headers['x-sallyport-reason'] ?? ''}`.trim());
    })
      .on('error', reject)
      .end();
  });
}

it('a caller whose certificate Envoy took from anybody is denied, one of ours is allowed', async ({
  task,
}) => {
  const envoy = await envoyAtHand('1.40');
  task.meta.labRuntime = `Envoy ${envoy.release}, a local binary`;
  const profile = 'profiles:\n  sidecar: { fallbackWorkload: shop/orders }\n';
  const site = makeSite(SETTINGS + profile);
  await start(site);
  const own = await ownSvid(site);
  const stranger = opensslCa('stranger').issue(`URI:${FRONTEND}`);
  const [port = 0] = await freePorts('127.0.0.1', 1);
  mkdirSync(site.path('envoy'));
  writeFileSync(site.path('envoy', 'envoy.json'), JSON.stringify(bootstrap(site, port, own, own.rootPem)));
  const child = spawn(
    envoy.path,
    [
      '-c',
      site.path('envoy', 'envoy.json'),
      '--use-dynamic-base-id',
      '--concurrency',
      '1',
      '--log-level',
      'error',
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  await expect.poll(() => get(port, own).catch(String), { timeout: 20_000, interval: 100 }).toBe('200');
  expect(await get(port, stranger)).toBe('403 source_untrusted');
});
