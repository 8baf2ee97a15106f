import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { expect, it, onTestFinished } from 'vitest';
import { callAdmin } from '../../src/admin/index.ts';
import { adminSocketPath, mintX509 } from '../../src/app/index.ts';
import { systemClock, systemRandom } from '../../src/base/index.ts';
import type { EnvoyVersion, JsonObject } from '../../src/envoy/index.ts';
import { parseSpiffeId } from '../../src/identity/index.ts';
import { freePorts } from '../../src/lab/free-ports.ts';
import { writePem } from '../../src/x509/index.ts';
import { makeSite, SETTINGS, type Site } from '../service/app/bed.ts';
import { start } from '../service/app/running.ts';
import { envoyAtHand } from './envoy-at-hand.ts';

const TYPE = 'type.googleapis.com/envoy.extensions';
const WITH_LISTS = SETTINGS.replace(
  'address: "unix:run/web.sock" }',
  'address: "unix:run/web.sock", validator: plain, crl: true }',
);

/** A server that has nothing but what Sallyport sends it: certificate, trust and revocation lists. */
function bootstrap(site: Site, port: number): JsonObject {
  const secret = (name: string): JsonObject => ({
    name,
    sds_config: {
      resource_api_version: 'V3',
      api_config_source: {
        api_type: 'GRPC',
        transport_api_version: 'V3',
        grpc_services: [{ envoy_grpc: { cluster_name: 'sallyport' } }],
      },
    },
  });
  const tls = {
    '@type': `${TYPE}.transport_sockets.tls.v3.DownstreamTlsContext`,
    require_client_certificate: true,
    common_tls_context: {
      tls_certificate_sds_secret_configs: [secret('default')],
      validation_context_sds_secret_config: secret('ROOTCA'),
    },
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
    http_filters: [{ name: 'router', typed_config: { '@type': `${TYPE}.filters.http.router.v3.Router` } }],
  };
  const http2 = {
    '@type': `${TYPE}.upstreams.http.v3.HttpProtocolOptions`,
    explicit_http_config: { http2_protocol_options: {} },
  };
  const pipe = { path: site.path('run', 'web.sock') };
  return {
    node: { id: 'server', cluster: 'server' },
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
            endpoints: [{ lb_endpoints: [{ endpoint: { address: { pipe } } }] }],
          },
        },
      ],
    },
  };
}

interface Client {
  readonly serial: string;
  readonly cert: string;
  readonly key: string;
}

async function mint(site: Site, name: string): Promise<Client> {
  const { x509 } = await mintX509({
    settingsPath: site.settingsPath,
    request: { spiffeId: parseSpiffeId(`spiffe://example.org/${name}`), dnsNames: [], ttlSeconds: 600 },
    clock: systemClock,
    random: systemRandom,
  });
  return {
    serial: x509.serial,
    cert: writePem('CERTIFICATE', x509.certificates),
    key: writePem('PRIVATE KEY', [x509.privateKey ?? new Uint8Array()]),
  };
}

/** Over a connection of its own: `200`, or that the server ended the handshake. */
function get(port: number, { cert, key }: Client): Promise<string> {
  return new Promise((resolve) => {
    const options = { host: '127.0.0.1', port, cert, key, rejectUnauthorized: false, agent: false };
    request(options, (response) => {
      response.resume();
      resolve(String(response.statusCode));
    })
      .on('error', () => resolve('refused'))
      .end();
  });
}

it.for<EnvoyVersion>(['1.40', '1.36'])(
  'Envoy %s refuses who is revoked and serves the others, through a new CA',
  async (version, { task }) => {
    const envoy = await envoyAtHand(version);
    task.meta.labRuntime = `Envoy ${envoy.release}, a local binary`;
    const site = makeSite(WITH_LISTS);
    await start(site);
    const [port = 0] = await freePorts('127.0.0.1', 1);
    mkdirSync(site.path('envoy'));
    writeFileSync(site.path('envoy', 'envoy.json'), JSON.stringify(bootstrap(site, port)));
    const child = spawn(
      envoy.path,
      ['-c', site.path('envoy', 'envoy.json'), '--use-dynamic-base-id', '--concurrency', '1'].concat(
        '--log-level',
        'error',
      ),
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    onTestFinished(() => void child.kill('SIGKILL'));
    const ask = (operation: string, input: object) =>
      callAdmin(adminSocketPath(site.path('state')), operation, input);
    const becomes = (client: Client, answer: string) =>
      expect.poll(() => get(port, client), { timeout: 20_000, interval: 50 }).toBe(answer);

    const [kept, taken] = [await mint(site, 'kept'), await mint(site, 'taken')];
    await becomes(kept, '200');
    expect(await get(port, taken)).toBe('200');
    await ask('certs.revoke', { serial: taken.serial });
    await becomes(taken, 'refused');
    expect(await get(port, kept)).toBe('200');

    await ask('authority.prepare', { kind: 'intermediate' });
    await ask('authority.activate', { kind: 'intermediate' });
    const [next, nextTaken] = [await mint(site, 'next'), await mint(site, 'next-taken')];
    await becomes(next, '200');
    expect(await get(port, kept)).toBe('200');
    expect(await get(port, taken)).toBe('refused');
    await ask('certs.revoke', { serial: nextTaken.serial });
    await becomes(nextTaken, 'refused');
    expect([await get(port, next), await get(port, kept)]).toEqual(['200', '200']);
  },
);
