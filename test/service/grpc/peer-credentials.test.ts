import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readdirSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadPeerCredentials, type PeerCredentials } from '../../../src/grpc/index.ts';
import type { PeerProcess } from '../../../src/grpc/peer-credentials.ts';
import { pinByStartTime } from '../../../src/grpc/process-pin.ts';
import { cleanUp, echoClient, echoService, LOOPBACK, openListener, socketPath } from './bed.ts';

const loading = await loadPeerCredentials();
const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;

if (!loading.ok) {
  process.stdout.write(`peer credentials: left out, ${loading.reason}\n`);
}
if (!isRoot) {
  process.stdout.write('peer credentials of another user: left out, only root can become another one\n');
}

const whoIsIt = echoService((_, { process }) => JSON.stringify(process ?? null));

describe.skipIf(!loading.ok)('loadPeerCredentials', () => {
  const credentials = loading.ok ? loading.credentials : undefined;

  it('tells a listener on a Unix socket which process calls', async () => {
    const { target } = await openListener({
      address: { kind: 'unix', path: socketPath(), mode: 0o600, mayTakeOver: false },
      services: [whoIsIt],
      peerCredentials: credentials,
    });
    expect(JSON.parse(await echoClient(target).once('?'))).toEqual({
      pid: process.pid,
      uid: process.getuid?.(),
      gid: process.getgid?.(),
    });
  });

  it('says nothing about a caller over TCP', async () => {
    const { target } = await openListener({
      address: LOOPBACK,
      services: [whoIsIt],
      peerCredentials: credentials,
    });
    expect(await echoClient(target).once('?')).toBe('null');
  });

  it.skipIf(!isRoot)('is told the user and group of the other process by the kernel', async () => {
    const { child, peer } = await connectedChild(NOBODY);
    expect(peer).toMatchObject({ pid: child.pid, uid: NOBODY, gid: NOBODY });
  });

  it('knows that the process is gone', async () => {
    const { child, peer } = await connectedChild();
    expect(peer?.isAlive()).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(peer?.isAlive()).toBe(false);
  });

  it('keeps no descriptor after the connection, and calls nobody alive then', async () => {
    const before = readdirSync('/proc/self/fd').length;
    const { peer } = await connectedChild();
    peer?.release();
    peer?.release();
    expect(peer?.isAlive()).toBe(false);
    expect(readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(before + STREAMS_OF_CHILD);
  });

  /** The server, the accepted socket and the pipe to the child. */
  const STREAMS_OF_CHILD = 3;

  async function connectedChild(
    uid?: number,
  ): Promise<{ readonly child: ChildProcess; readonly peer: PeerProcess | undefined }> {
    const path = socketPath();
    const server = createServer();
    const accepted = acceptOne(server, credentials);
    server.listen(path);
    cleanUp(() => server.close());
    await once(server, 'listening');
    chmodSync(dirname(path), 0o711);
    chmodSync(path, 0o666);
    const child = spawn(process.execPath, [join(import.meta.dirname, 'connect-child.ts'), path], {
      stdio: ['ignore', 'pipe', 'inherit'],
      ...(uid === undefined ? {} : { uid, gid: uid }),
    });
    cleanUp(() => child.kill('SIGKILL'));
    return { child, peer: await accepted };
  }
});

describe('pinByStartTime', () => {
  it('holds a process until it ends, or until it is let go', async () => {
    const child = spawn('sleep', ['60']);
    cleanUp(() => child.kill('SIGKILL'));
    await once(child, 'spawn');
    const [pin, released] = [pinByStartTime(child.pid ?? 0), pinByStartTime(child.pid ?? 0)];
    released.release();
    expect([pin.isAlive(), released.isAlive()]).toEqual([true, false]);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(pin.isAlive()).toBe(false);
  });

  it('never takes a pid that is free for a process', () => {
    expect(pinByStartTime(2 ** 30).isAlive()).toBe(false);
  });
});

function acceptOne(
  server: Server,
  credentials: PeerCredentials | undefined,
): Promise<PeerProcess | undefined> {
  return new Promise((resolve) => {
    server.once('connection', (socket) => {
      const peer = credentials?.read(socket);
      socket.on('error', () => undefined);
      cleanUp(() => {
        peer?.release();
        socket.destroy();
      });
      resolve(peer);
    });
  });
}
