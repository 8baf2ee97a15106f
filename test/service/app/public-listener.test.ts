import { writeFileSync } from 'node:fs';
import { connect } from 'node:tls';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { formatListenAddress, systemClock, systemRandom } from '../../../src/base/index.ts';
import { authenticate, createTokenCache, type TokenRule } from '../../../src/jwt/index.ts';
import { createKeyFetch, createKeySets, keysOptions } from '../../../src/keys/index.ts';
import { eventLog } from '../../fakes/events.ts';
import { opensslCa } from '../../fakes/openssl-ca.ts';
import { codeOf } from '../../unit/issuer/on-folder.ts';
import { makeSite, SETTINGS } from './bed.ts';
import { adminUrl, fetchToken, type Running, start } from './running.ts';

const ISSUER = 'https://id.example.org';

function withPublic(listener: string, ca = `{ jwtIssuer: "${ISSUER}" }`): string {
  return SETTINGS.replace('  admin:', `  public: ${listener}\n  admin:`).concat(`ca: ${ca}\n`);
}

function publicUrl({ addresses }: Running): string {
  const address = addresses.get('public');
  return address === undefined ? 'http://nowhere.invalid' : `http://${formatListenAddress(address)}`;
}

describe('listeners.public', () => {
  it('is off unless the settings have it', async () => {
    const running = await start(makeSite());
    expect([...running.addresses.keys()]).toEqual(['checks', 'web', 'admin']);
  });

  it('lets jose verify a token of the Workload API, and the admin listener knows nothing of keys', async () => {
    const site = makeSite(withPublic('{ address: "127.0.0.1:0" }'));
    const running = await start(site);
    const token = await fetchToken(site, 'web.sock', 'orders');
    const keys = createRemoteJWKSet(new URL(`${publicUrl(running)}/keys`));
    const { payload } = await jwtVerify(token, keys, { issuer: ISSUER, audience: 'orders' });
    expect(payload.sub).toBe('spiffe://example.org/ns/web/sa/frontend');
    expect((await fetch(`${adminUrl(running)}/keys`)).status).toBe(404);
    expect((await fetch(`${publicUrl(running)}/metrics`)).status).toBe(404);
  });

  it('serves a key set that the key fetching of another Sallyport takes', async () => {
    const site = makeSite(withPublic('{ address: "127.0.0.1:0" }'));
    const running = await start(site);
    const options = keysOptions.parse({ allowHttp: true, allowCidrs: ['127.0.0.1'] });
    const sets = createKeySets({
      options,
      fetch: createKeyFetch(options),
      clock: systemClock,
      random: systemRandom,
      events: eventLog().sink,
    });
    const jwksUri = `${publicUrl(running)}/keys`;
    const rule: TokenRule = {
      id: 'default/rules#0',
      issuer: ISSUER,
      audiences: ['orders'],
      keys: { kind: 'uri', keySetId: 'remote', jwksUri, timeoutMillis: 5000 },
      fromHeaders: [],
      fromParams: [],
      fromCookies: [],
      forwardOriginalToken: false,
      outputPayloadToHeader: undefined,
      outputClaimToHeaders: [],
      spaceDelimitedClaims: [],
    };
    sets.use([rule.keys]);
    await sets.waitFor(['remote'], 5000);
    const token = await fetchToken(site, 'web.sock', 'orders');
    const outcome = authenticate(
      [rule],
      {
        method: 'GET',
        path: '/',
        scheme: 'http',
        authority: 'h',
        headerLines: (name) => (name === 'authorization' ? [`Bearer ${token}`] : []),
      },
      sets.view(),
      Date.now() / 1000,
      createTokenCache(),
    );
    sets.stop();
    expect(outcome.kind).toBe('pass');
  });

  it('serves TLS from files, and takes up what they hold later', async () => {
    const site = makeSite(
      withPublic('{ address: "127.0.0.1:0", certificateFile: web.pem, keyFile: web.key }'),
    );
    const ca = opensslCa('web');
    const put = (name: string): void => {
      const { certificateChainPem, privateKeyPem } = ca.issue(`DNS:${name}`);
      site.write('web.pem', certificateChainPem);
      writeFileSync(site.path('web.key'), privateKeyPem, { mode: 0o600 });
    };
    put('first.example.org');
    const running = await start(site);
    expect(await nameShown(running)).toBe('DNS:first.example.org');
    put('second.example.org');
    await expect.poll(() => nameShown(running), { timeout: 10_000 }).toBe('DNS:second.example.org');
  });

  it('refuses a key file that others can read', async () => {
    const site = makeSite(
      withPublic('{ address: "127.0.0.1:0", certificateFile: web.pem, keyFile: web.key }'),
    );
    const { certificateChainPem, privateKeyPem } = opensslCa('web').issue('DNS:a.example.org');
    site.write('web.pem', certificateChainPem);
    writeFileSync(site.path('web.key'), privateKeyPem, { mode: 0o644 });
    expect(await codeOf(() => start(site))).toBe('ERR_STATE_KEY_OPEN');
  });

  it('shows its own X.509-SVID where that is asked for', async () => {
    const running = await start(makeSite(withPublic('{ address: "127.0.0.1:0", ownCertificate: true }')));
    expect(await nameShown(running)).toBe('URI:spiffe://example.org/sallyport/server');
  });
});

function nameShown(running: Running): Promise<string | undefined> {
  const { hostname, port } = new URL(publicUrl(running));
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().subjectaltname);
      socket.destroy();
    });
    socket.on('error', reject);
  });
}
