import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, createServer, type Server, type TLSSocket } from 'node:tls';
import { expect, it, onTestFinished } from 'vitest';
import { systemClock, systemRandom } from '../../../src/base/index.ts';
import { caOptions } from '../../../src/ca/options.ts';
import { createIssuer, type SallyportIssuer, type X509Svid } from '../../../src/issuer/index.ts';
import { openState } from '../../../src/store/index.ts';
import { readCertificate, verifySvid, writePem } from '../../../src/x509/index.ts';
import { requestFor, TRUST_DOMAIN } from '../../unit/issuer/on-folder.ts';

const TTL_SECONDS = 3;
const RUN_MILLIS = 9000;

async function realIssuer(): Promise<SallyportIssuer> {
  const folder = mkdtempSync(join(tmpdir(), 'sp-load-'));
  const state = openState(folder);
  const issuer = await createIssuer({
    state,
    trustDomain: TRUST_DOMAIN,
    options: caOptions.parse({}),
    clock: systemClock,
    random: systemRandom,
    events: () => {},
  });
  onTestFinished(() => {
    issuer.stop();
    state.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return issuer;
}

function contextOf(issuer: SallyportIssuer, svid: X509Svid) {
  return {
    cert: writePem('CERTIFICATE', svid.certificates),
    key: writePem('PRIVATE KEY', [svid.privateKey]),
    ca: writePem('CERTIFICATE', issuer.bundle().x509Authorities),
  };
}

/** Answers every connection with the serial of the client's certificate, once it is in the clear. */
async function startServer(issuer: SallyportIssuer, svid: X509Svid): Promise<Server> {
  const server = createServer(
    { ...contextOf(issuer, svid), requestCert: true, rejectUnauthorized: true },
    (socket) => {
      socket.on('error', () => {});
      socket.end(readCertificate(socket.getPeerX509Certificate()?.raw ?? new Uint8Array()).serial);
    },
  );
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return server;
}

interface Seen {
  readonly serverSerial: string;
  readonly clientSerial: string;
}

/** One new connection; both ends are verified by TLS, and the server's chain by our own validator too. */
function call(issuer: SallyportIssuer, svid: X509Svid, port: number): Promise<Seen> {
  return new Promise((resolve, reject) => {
    let serverSerial = '';
    let clientSerial = '';
    const socket: TLSSocket = connect(
      { ...contextOf(issuer, svid), host: '127.0.0.1', port, checkServerIdentity: () => undefined },
      () => {
        const { raw, issuerCertificate } = socket.getPeerCertificate(true);
        const nowSeconds = systemClock.nowMillis() / 1000;
        try {
          const chain = [raw, issuerCertificate.raw];
          serverSerial = verifySvid(chain, issuer.bundle(), nowSeconds).leaf.serial;
        } catch (error) {
          reject(error);
          socket.destroy();
        }
      },
    );
    socket.on('data', (chunk: Buffer) => {
      clientSerial += chunk.toString();
    });
    socket.on('error', reject);
    socket.on('close', () =>
      clientSerial === '' ? reject(new Error('no answer')) : resolve({ serverSerial, clientSerial }),
    );
  });
}

/** Calls over and over, each time with what is in force then. */
async function callFor(
  issuer: SallyportIssuer,
  isRenewed: boolean,
): Promise<{ readonly seen: readonly Seen[]; readonly failures: number }> {
  const [serverRequest, clientRequest] = [
    requestFor('/server', TTL_SECONDS),
    requestFor('/client', TTL_SECONDS),
  ];
  let client = await issuer.x509Svid(clientRequest);
  const first = await issuer.x509Svid(serverRequest);
  const server = await startServer(issuer, first);
  const { port } = server.address() as AddressInfo;
  if (isRenewed) {
    const take = (svid: X509Svid): void => server.setSecureContext(contextOf(issuer, svid));
    onTestFinished(issuer.keep(serverRequest, take));
    onTestFinished(
      issuer.keep(clientRequest, (svid) => {
        client = svid;
      }),
    );
  }
  const seen: Seen[] = [];
  let failures = 0;
  const end = systemClock.monotonicMillis() + RUN_MILLIS;
  while (systemClock.monotonicMillis() < end) {
    await call(issuer, client, port).then(
      (one) => seen.push(one),
      () => {
        failures += 1;
      },
    );
    await sleep(20);
  }
  return { seen, failures };
}

it('certificates of three seconds rotate under new mutual TLS connections, and none fails', async () => {
  const { seen, failures } = await callFor(await realIssuer(), true);
  expect(failures).toBe(0);
  expect(seen.length).toBeGreaterThan(50);
  expect(new Set(seen.map(({ serverSerial }) => serverSerial)).size).toBeGreaterThanOrEqual(5);
  expect(new Set(seen.map(({ clientSerial }) => clientSerial)).size).toBeGreaterThanOrEqual(5);
});

it('the control run: with renewal switched off, connections fail', async () => {
  const { seen, failures } = await callFor(await realIssuer(), false);
  expect(seen.length).toBeGreaterThan(10);
  expect(failures).toBeGreaterThan(50);
});
