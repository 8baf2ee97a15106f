import { request } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseListenAddress, systemClock } from '../../../src/base/index.ts';
import { type CertificateSource, startPublicServer } from '../../../src/web/index.ts';
import { eventLog } from '../../fakes/events.ts';
import { fakeIssuer } from '../../fakes/issuer.ts';
import { opensslCa } from '../../fakes/openssl-ca.ts';
import { TRUST_DOMAIN } from '../../unit/issuer/on-folder.ts';

const ca = opensslCa('web');

/** A certificate that a test replaces. */
function renewable(): CertificateSource & { replace(next: ReturnType<CertificateSource['current']>): void } {
  const listeners = new Set<() => void>();
  let current = ca.issue('DNS:first.example.org', 'IP:127.0.0.1');
  return {
    current: () => current,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    replace(next) {
      current = { ...next };
      for (const listener of listeners) {
        listener();
      }
    },
  };
}

async function start(tls: CertificateSource | undefined) {
  const events = eventLog();
  const issuer = fakeIssuer(TRUST_DOMAIN);
  issuer.replaceBundle();
  const server = await startPublicServer({
    address: parseListenAddress('127.0.0.1:0'),
    tls,
    bundle: () => issuer.bundle(),
    jwtIssuer: undefined,
    clock: systemClock,
    events: events.sink,
  });
  onTestFinished(() => server.stop(0));
  return { port: server.address.kind === 'tcp' ? server.address.port : 0, events };
}

interface Seen {
  readonly status: number | undefined;
  readonly names: string | undefined;
}

function get(port: number): Promise<Seen> {
  return new Promise((resolve, reject) => {
    const call = request(
      { host: '127.0.0.1', port, path: '/keys', ca: ca.certificatePem, agent: false },
      (response) => {
        const socket = response.socket as TLSSocket;
        resolve({ status: response.statusCode, names: socket.getPeerCertificate().subjectaltname });
        response.resume();
      },
    );
    call.on('error', reject);
    call.end();
  });
}

describe('startPublicServer', () => {
  it('speaks plain HTTP without a certificate', async () => {
    const { port, events } = await start(undefined);
    expect((await fetch(`http://127.0.0.1:${port}/keys`)).status).toBe(200);
    expect(events.named('web.public_listening').map(({ fields }) => fields?.['tls'])).toEqual([false]);
  });

  it('shows a renewed certificate to the next connection', async () => {
    const tls = renewable();
    const { port } = await start(tls);
    expect(await get(port)).toEqual({ status: 200, names: 'DNS:first.example.org, IP Address:127.0.0.1' });
    tls.replace(ca.issue('DNS:second.example.org', 'IP:127.0.0.1'));
    expect(await get(port)).toEqual({ status: 200, names: 'DNS:second.example.org, IP Address:127.0.0.1' });
  });

  it('serves on with the last good certificate when a new one does not go with its key', async () => {
    const tls = renewable();
    const { port, events } = await start(tls);
    const other = ca.issue('DNS:other.example.org');
    tls.replace({ ...other, certificateChainPem: ca.issue('DNS:third.example.org').certificateChainPem });
    expect((await get(port)).names).toContain('first.example.org');
    const [event] = events.named('web.certificate_refused');
    expect(event?.error).toMatchObject({ code: 'ERR_WEB_CERTIFICATE' });
    expect(JSON.stringify(event)).not.toContain('PRIVATE KEY');
  });

  it('does not start with a certificate that cannot be used', async () => {
    const tls = renewable();
    tls.replace({ certificateChainPem: 'no certificate', privateKeyPem: 'no key' });
    await expect(start(tls)).rejects.toMatchObject({ code: 'ERR_WEB_CERTIFICATE' });
  });
});
