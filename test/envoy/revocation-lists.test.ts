import { request } from 'node:https';
import { expect, it } from 'vitest';
import { callAdmin } from '../../src/admin/index.ts';
import { adminSocketPath, mintX509 } from '../../src/app/index.ts';
import { systemClock, systemRandom } from '../../src/base/index.ts';
import type { EnvoyVersion } from '../../src/envoy/index.ts';
import { parseSpiffeId } from '../../src/identity/index.ts';
import { writePem } from '../../src/x509/index.ts';
import { makeSite, SETTINGS, type Site } from '../service/app/bed.ts';
import { start } from '../service/app/running.ts';
import { sdsSecret, startSdsFront } from './sds-front.ts';

const WITH_LISTS = SETTINGS.replace(
  'address: "unix:run/web.sock" }',
  'address: "unix:run/web.sock", validator: plain, crl: true }',
);

/** Certificate, trust and revocation lists: all from Sallyport. */
const TLS = {
  require_client_certificate: true,
  common_tls_context: {
    tls_certificate_sds_secret_configs: [sdsSecret('default')],
    validation_context_sds_secret_config: sdsSecret('ROOTCA'),
  },
};

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
    const site = makeSite(WITH_LISTS);
    await start(site);
    const { port, release } = await startSdsFront(version, site, TLS);
    task.meta.labRuntime = `Envoy ${release}, a local binary`;
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
