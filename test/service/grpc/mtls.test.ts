import { once } from 'node:events';
import { connect as connectPlain } from 'node:net';
import { connect as connectTls } from 'node:tls';
import * as grpc from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import type { ListenerLimits, TlsMaterial, TlsSource } from '../../../src/grpc/index.ts';
import { opensslCa } from '../../fakes/openssl-ca.ts';
import { type Bed, echoClient, echoService, LOOPBACK, openListener } from './bed.ts';

const ours = opensslCa('ours');
const foreign = opensslCa('foreign');
const FRONTEND = 'spiffe://example.org/ns/web/sa/frontend';
const frontend = ours.issue(`URI:${FRONTEND}`);
const serverLeaf = ours.issue('URI:spiffe://example.org/sallyport/server', 'DNS:localhost');
const whoIsIt = echoService((_, caller) => JSON.stringify(caller));

type Leaf = ReturnType<typeof ours.issue>;

/** A source whose material a test replaces. */
function tlsSource(first: TlsMaterial): TlsSource & { replace(next: TlsMaterial): void } {
  let now = first;
  const listeners = new Set<() => void>();
  return {
    current: () => now,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    replace(next) {
      now = next;
      for (const listener of listeners) {
        listener();
      }
    },
  };
}

const material = { ...serverLeaf, trustedCaPem: ours.certificatePem };

async function mtlsBed(source = tlsSource(material), limits: Partial<ListenerLimits> = {}): Promise<Bed> {
  return openListener({
    limits,
    address: LOOPBACK,
    security: { kind: 'mtls', tls: source, allow: (uris) => uris.length === 1 && uris[0] === FRONTEND },
    services: [whoIsIt],
  });
}

function client(bed: Bed, leaf: Leaf | undefined, trustedCaPem = ours.certificatePem) {
  const credentials = grpc.credentials.createSsl(
    Buffer.from(trustedCaPem),
    leaf === undefined ? null : Buffer.from(leaf.privateKeyPem),
    leaf === undefined ? null : Buffer.from(leaf.certificateChainPem),
  );
  return echoClient(bed.target, credentials, { 'grpc.ssl_target_name_override': 'localhost' });
}

const UNAVAILABLE = { code: grpc.status.UNAVAILABLE };

describe('a listener with mutual TLS', () => {
  it('lets in whom the list names, and says who it is', async () => {
    const bed = await mtlsBed();
    expect(JSON.parse(await client(bed, frontend).once('?'))).toMatchObject({
      transport: 'mtls',
      peerUris: [FRONTEND],
    });
  });

  it.each<[string, Leaf | undefined]>([
    ['no certificate', undefined],
    ['a certificate of a foreign CA', foreign.issue(`URI:${FRONTEND}`)],
    ['a name that is not on the list', ours.issue('URI:spiffe://example.org/ns/web/sa/intruder')],
    ['two names, one of them on the list', ours.issue(`URI:${FRONTEND}`, 'URI:spiffe://example.org/b')],
    ['no URI name', ours.issue('DNS:frontend')],
    ['a DNS name that reads like a URI name', ours.issue(`DNS:x, URI:${FRONTEND}`)],
  ])('refuses %s with an event', async (_, leaf) => {
    const bed = await mtlsBed();
    await expect(client(bed, leaf).once('?')).rejects.toMatchObject(UNAVAILABLE);
    expect(bed.log.named('grpc.peer_refused').length).toBeGreaterThan(0);
    expect(bed.listener.connections).toBe(0);
  });

  it('refuses plain text', async () => {
    const bed = await mtlsBed();
    await expect(echoClient(bed.target).once('?')).rejects.toMatchObject(UNAVAILABLE);
  });

  it('closes a connection that does not finish its handshake in time', async () => {
    const bed = await mtlsBed(undefined, { handshakeMillis: 100 });
    const { port } = bed.listener.address as { port: number };
    const socket = connectPlain(port, '127.0.0.1');
    socket.resume();
    await once(socket, 'close');
    expect(bed.log.named('grpc.peer_refused')).toHaveLength(1);
  });

  it('stops at once though a handshake is under way', async () => {
    const bed = await mtlsBed();
    const { port } = bed.listener.address as { port: number };
    await client(bed, frontend).once('?');
    const socket = connectPlain(port, '127.0.0.1');
    socket.resume();
    await once(socket, 'connect');
    await Promise.all([once(socket, 'close'), bed.listener.stop(100)]);
    expect(bed.listener.connections).toBe(0);
  });

  it('shows a renewed certificate and trust to new connections and keeps the old ones', async () => {
    const source = tlsSource(material);
    const bed = await mtlsBed(source);
    const old = client(bed, frontend);
    const before = JSON.parse(await old.once('?'));
    source.replace({
      ...foreign.issue('URI:spiffe://example.org/sallyport/server', 'DNS:localhost'),
      trustedCaPem: foreign.certificatePem,
    });
    expect(JSON.parse(await old.once('?'))).toEqual(before);
    const renewed = client(bed, foreign.issue(`URI:${FRONTEND}`), foreign.certificatePem);
    expect(JSON.parse(await renewed.once('?')).connectionId).not.toBe(before.connectionId);
    await expect(client(bed, frontend).once('?')).rejects.toMatchObject(UNAVAILABLE);
    expect(bed.log.named('grpc.certificate_renewed')).toHaveLength(1);
  });

  it('keeps the old certificate when the new one does not fit its key', async () => {
    const source = tlsSource(material);
    const bed = await mtlsBed(source);
    source.replace({ ...material, privateKeyPem: frontend.privateKeyPem });
    expect(bed.log.named('grpc.certificate_rejected')[0]).toMatchObject({
      level: 'error',
      error: { code: 'ERR_GRPC_TLS_MATERIAL' },
    });
    expect(await client(bed, frontend).once('?')).toContain(FRONTEND);
  });

  it('does not start without a CA to trust, where Node would trust every public one', async () => {
    await expect(mtlsBed(tlsSource({ ...material, trustedCaPem: '' }))).rejects.toMatchObject({
      code: 'ERR_GRPC_TLS_MATERIAL',
    });
  });

  it('lets nobody resume a session under an earlier trust', async () => {
    const bed = await mtlsBed();
    const { port } = bed.listener.address as { port: number };
    const tls = {
      host: '127.0.0.1',
      port,
      ca: ours.certificatePem,
      servername: 'localhost',
      ALPNProtocols: ['h2'],
    };
    const dial = (session?: Buffer) =>
      new Promise<{ reused: boolean; session: Buffer | undefined }>((resolve, reject) => {
        const socket = connectTls({
          ...tls,
          cert: frontend.certificateChainPem,
          key: frontend.privateKeyPem,
          ...(session === undefined ? {} : { session }),
        });
        let ticket: Buffer | undefined;
        socket.on('session', (value: Buffer) => {
          ticket = value;
        });
        socket.on('error', reject);
        socket.once('secureConnect', () =>
          setTimeout(() => {
            resolve({ reused: socket.isSessionReused(), session: ticket });
            socket.destroy();
          }, 50),
        );
      });
    const first = await dial();
    expect((await dial(first.session)).reused).toBe(false);
  });

  it('holds no key in any event', async () => {
    const bed = await mtlsBed();
    await client(bed, frontend).once('?');
    await bed.listener.stop(0);
    const key = /-----\n([^-]+)/.exec(serverLeaf.privateKeyPem)?.[1]?.slice(0, 40) ?? '';
    expect(JSON.stringify(bed.log.all)).not.toContain(key);
  });
});
