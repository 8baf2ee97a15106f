import { once } from 'node:events';
import { connect } from 'node:net';
import { status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { echoClient, echoService, LOOPBACK, openListener, socketPath } from './bed.ts';

const plain = echoService((request) => `got ${request}`);
const whoIsIt = echoService((_, caller) => JSON.stringify(caller));

describe('createGrpcListener', () => {
  it('answers over TCP on a port of the system’s choice, and says which', async () => {
    const { target, listener, log } = await openListener({ address: LOOPBACK, services: [plain] });
    expect(listener.address).toMatchObject({ kind: 'tcp', host: '127.0.0.1' });
    expect(await echoClient(target).once('a')).toBe('got a');
    expect(log.named('grpc.listening')[0]?.fields).toMatchObject({ listener: 'test', address: target });
  });

  it('tells the callers of two connections apart and forgets them', async () => {
    const { target, listener } = await openListener({ address: LOOPBACK, services: [whoIsIt] });
    const [a, b] = [echoClient(target), echoClient(target)].map(async (client) =>
      JSON.parse(await client.once('?')),
    );
    const [first, second] = [await a, await b];
    expect(first).toMatchObject({ listener: 'test', transport: 'tcp', peerUris: [] });
    expect(first.connectionId).toMatch(/^conn:[0-9a-f]{32}$/);
    expect(second.connectionId).not.toBe(first.connectionId);
    expect(listener.connections).toBe(2);
  });

  it('forgets a caller when its connection closes', async () => {
    const { listener } = await openListener({ address: LOOPBACK, services: [plain] });
    const { port } = listener.address as { port: number };
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    await expect.poll(() => listener.connections).toBe(1);
    socket.destroy();
    await expect.poll(() => listener.connections).toBe(0);
  });

  it('says `unix` of a caller on a Unix socket', async () => {
    const { target } = await openListener({
      address: { kind: 'unix', path: socketPath(), mode: 0o600, mayTakeOver: false },
      services: [whoIsIt],
    });
    expect(JSON.parse(await echoClient(target).once('?'))).toMatchObject({ transport: 'unix', peerUris: [] });
  });

  it('names a port that is taken', async () => {
    const { listener } = await openListener({ address: LOOPBACK, services: [plain] });
    const { port } = listener.address as { port: number };
    await expect(openListener({ address: { ...LOOPBACK, port }, services: [plain] })).rejects.toMatchObject({
      code: 'ERR_GRPC_ADDRESS_IN_USE',
      message: `the address \`127.0.0.1:${port}\` is in use`,
    });
  });

  it('names an address this machine does not have', async () => {
    await expect(
      openListener({ address: { kind: 'tcp', host: '192.0.2.1', port: 0 }, services: [plain] }),
    ).rejects.toMatchObject({ code: 'ERR_GRPC_LISTEN' });
  });

  it('takes as many connections as it may and not one more', async () => {
    const { listener, log } = await openListener({
      address: LOOPBACK,
      services: [plain],
      limits: { connections: 2 },
    });
    const { port } = listener.address as { port: number };
    const sockets = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
    await expect.poll(() => listener.connections).toBe(2);
    const third = connect(port, '127.0.0.1');
    await once(third, 'close');
    expect(log.named('grpc.connection_dropped')).toHaveLength(1);
    expect(listener.connections).toBe(2);
    for (const socket of sockets) {
      socket.destroy();
    }
  });

  it('refuses a request over the limit and takes one at it', async () => {
    const { target } = await openListener({
      address: LOOPBACK,
      services: [plain],
      limits: { requestBytes: 1000 },
    });
    const client = echoClient(target);
    await expect(client.once('a'.repeat(1001))).rejects.toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    expect(await client.once('a'.repeat(1000))).toHaveLength(1004);
  });

  it('opens as many streams of a connection as it may and the next when one ends', async () => {
    const { target, listener } = await openListener({
      address: LOOPBACK,
      services: [plain],
      limits: { streamsPerConnection: 2 },
    });
    const client = echoClient(target);
    const [first, second] = [client.stream('1'), client.stream('2')];
    expect([await first.next(), await second.next()]).toEqual(['got 1', 'got 2']);
    const third = client.stream('3');
    const answer = third.next();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(listener.runningCalls).toBe(2);
    first.call.end();
    expect(await answer).toBe('got 3');
  });

  it('closes a connection that shows no sign of life', async () => {
    const { listener } = await openListener({
      address: LOOPBACK,
      services: [plain],
      limits: { keepaliveMillis: 50, keepaliveTimeoutMillis: 50 },
    });
    const { port } = listener.address as { port: number };
    const silent = connect(port, '127.0.0.1');
    silent.resume();
    await once(silent, 'close');
    expect(listener.connections).toBe(0);
  });

  it('survives bytes that are not HTTP/2', async () => {
    const { listener, target } = await openListener({ address: LOOPBACK, services: [plain] });
    const { port } = listener.address as { port: number };
    const socket = connect(port, '127.0.0.1');
    socket.resume();
    socket.write('GET / HTTP/1.1\r\n\r\n');
    await once(socket, 'close');
    expect(await echoClient(target).once('a')).toBe('got a');
  });
});

it('runs as many calls as it may, and one more is told to come back', async () => {
  const { listener, target } = await openListener({
    address: LOOPBACK,
    services: [plain],
    limits: { calls: 2 },
  });
  const [first, second] = [echoClient(target).stream('a'), echoClient(target).stream('b')];
  expect([await first.next(), await second.next()]).toEqual(['got a', 'got b']);
  await expect(echoClient(target).once('c')).rejects.toMatchObject({ code: status.UNAVAILABLE });
  const third = echoClient(target).stream('d');
  expect(await third.status).toMatchObject({ code: status.UNAVAILABLE });
  expect(listener.runningCalls).toBe(2);
});

describe('stop', () => {
  it('ends an open stream with UNAVAILABLE and refuses what comes after', async () => {
    const { listener, target, log } = await openListener({ address: LOOPBACK, services: [plain] });
    const stream = echoClient(target).stream('a');
    expect(await stream.next()).toBe('got a');
    expect(listener.runningCalls).toBe(1);
    await listener.stop(5000);
    expect(await stream.status).toMatchObject({ code: status.UNAVAILABLE, details: 'server is stopping' });
    expect(listener.connections).toBe(0);
    expect(log.named('grpc.stopped')[0]?.fields).toEqual({ listener: 'test', forcedCalls: 0 });
    await expect(echoClient(target).once('b')).rejects.toMatchObject({ code: status.UNAVAILABLE });
  });

  it('lets a running unary call finish', async () => {
    let release: (text: string) => void = () => undefined;
    const slow = echoService(
      () =>
        new Promise((resolve) => {
          release = resolve;
        }),
    );
    const { listener, target } = await openListener({ address: LOOPBACK, services: [slow] });
    const answer = echoClient(target).once('a');
    await expect.poll(() => listener.runningCalls).toBe(1);
    const stopped = listener.stop(5000);
    release('done');
    expect(await answer).toBe('done');
    await stopped;
  });

  it('forces what does not finish within the grace, and says how much that was', async () => {
    const never = echoService(() => new Promise(() => undefined));
    const { listener, target, log } = await openListener({ address: LOOPBACK, services: [never] });
    const answer = echoClient(target).once('a');
    const refused = expect(answer).rejects.toMatchObject({ code: status.UNAVAILABLE });
    await expect.poll(() => listener.runningCalls).toBe(1);
    await listener.stop(50);
    await refused;
    expect(log.named('grpc.stopped')[0]).toMatchObject({ level: 'warn', fields: { forcedCalls: 1 } });
  });

  it('is the same stop however often it is asked for', async () => {
    const { listener, log } = await openListener({ address: LOOPBACK, services: [plain] });
    await Promise.all([listener.stop(100), listener.stop(100)]);
    expect(log.named('grpc.stopped')).toHaveLength(1);
  });
});
