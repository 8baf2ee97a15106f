import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Bed, cleanUp, echoClient, echoService, openListener, socketPath } from './bed.ts';

const plain = echoService((request) => `got ${request}`);

function open(path: string, more: { mode?: number; mayTakeOver?: boolean } = {}): Promise<Bed> {
  return openListener({
    address: { kind: 'unix', path, mode: 0o600, mayTakeOver: true, ...more },
    services: [plain],
  });
}

/** Leaves a socket nobody listens on, as `kill -9` does. */
async function deadSocket(path: string): Promise<void> {
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** A path of exactly `bytes` bytes in a folder that exists. */
function pathOfLength(bytes: number): string {
  const folder = dirname(socketPath());
  return join(folder, 'x'.repeat(bytes - folder.length - 1));
}

describe('a Unix socket', () => {
  it.each([0o600, 0o660, 0o666])('has the mode %o and no trace of another name', async (mode) => {
    const path = socketPath();
    const umask = process.umask(0);
    cleanUp(() => process.umask(umask));
    await open(path, { mode });
    expect(statSync(path).mode & 0o777).toBe(mode);
    expect(readdirSync(dirname(path))).toEqual(['x.sock']);
    expect(process.umask()).toBe(0);
  });

  it('serves at 107 bytes of path and says so at 108', async () => {
    const { target } = await open(pathOfLength(107));
    expect(await echoClient(target).once('a')).toBe('got a');
    await expect(open(pathOfLength(108))).rejects.toMatchObject({ code: 'ERR_UNIX_PATH_TOO_LONG' });
  });

  it('serves under a name of one letter', async () => {
    const { target } = await open(socketPath('s'));
    expect(await echoClient(target).once('a')).toBe('got a');
  });

  it('takes over a dead socket when it may', async () => {
    const path = socketPath();
    await deadSocket(path);
    expect(existsSync(path)).toBe(true);
    const { target, log } = await open(path);
    expect(await echoClient(target).once('a')).toBe('got a');
    expect(log.named('grpc.listening')[0]?.fields).toMatchObject({ tookOverDeadSocket: true });
  });

  it('leaves a dead socket alone when it may not', async () => {
    const path = socketPath();
    await deadSocket(path);
    await expect(open(path, { mayTakeOver: false })).rejects.toMatchObject({
      code: 'ERR_GRPC_ADDRESS_IN_USE',
    });
    expect(existsSync(path)).toBe(true);
  });

  it('leaves a living socket alone, whatever it may', async () => {
    const path = socketPath();
    const { target } = await open(path);
    await expect(open(path)).rejects.toMatchObject({
      code: 'ERR_GRPC_ADDRESS_IN_USE',
      message: `the socket \`${path}\` is in use`,
    });
    expect(await echoClient(target).once('a')).toBe('got a');
    expect(readdirSync(dirname(path))).toEqual(['x.sock']);
  });

  it.each<[string, (path: string) => void]>([
    ['a file', (path) => writeFileSync(path, 'precious')],
    ['a link', (path) => symlinkSync('/etc/hostname', path)],
  ])('does not touch %s in its place', async (_, put) => {
    const path = socketPath();
    put(path);
    await expect(open(path)).rejects.toMatchObject({ code: 'ERR_GRPC_LISTEN' });
    expect(existsSync(path)).toBe(true);
  });

  it('says that its folder is missing', async () => {
    await expect(open('/tmp/no-such-folder-for-sallyport/x.sock')).rejects.toMatchObject({
      code: 'ERR_GRPC_LISTEN',
      hint: 'make the folder `/tmp/no-such-folder-for-sallyport`',
    });
  });

  it('says that nothing can be made in its folder', async () => {
    await expect(open('/proc/sallyport.sock')).rejects.toMatchObject({ code: 'ERR_GRPC_LISTEN' });
  });

  it('is gone after a stop', async () => {
    const path = socketPath();
    const { listener } = await open(path);
    await listener.stop(0);
    expect(readdirSync(dirname(path))).toEqual([]);
  });

  it('leaves the socket of a successor alone when it stops', async () => {
    const path = socketPath();
    const { listener } = await open(path);
    const successor = createServer((socket) => socket.end('successor'));
    successor.listen(`${path}.new`);
    await once(successor, 'listening');
    cleanUp(() => successor.close());
    renameSync(`${path}.new`, path);
    await listener.stop(0);
    expect(existsSync(path)).toBe(true);
  });
});
