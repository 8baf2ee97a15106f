import { request } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ListenAddress, parseListenAddress, systemClock } from '../../../src/base/index.ts';
import { createMetrics } from '../../../src/observe/index.ts';
import { type AdminServerOptions, startAdminServer } from '../../../src/web/index.ts';
import { eventLog } from '../../fakes/events.ts';

async function start(address = '127.0.0.1:0', options: Partial<AdminServerOptions> = {}) {
  const events = eventLog();
  const server = await startAdminServer({
    address: parseListenAddress(address),
    readiness: () => ({ isReady: true, parts: {}, lastReload: undefined }),
    metrics: createMetrics({ clock: systemClock, version: '0' }),
    clock: systemClock,
    events: events.sink,
    ...options,
  });
  onTestFinished(() => server.stop(0));
  return { server, events, base: `http://127.0.0.1:${portOf(server.address)}` };
}

function portOf(address: ListenAddress): number {
  return address.kind === 'tcp' ? address.port : 0;
}

describe('startAdminServer', () => {
  it('serves health and metrics on a port of its choice, and says where', async () => {
    const { base, server, events } = await start();
    expect((await fetch(`${base}/livez`)).status).toBe(200);
    expect((await fetch(`${base}/readyz`)).status).toBe(200);
    expect(await (await fetch(`${base}/metrics`)).text()).toContain('sallyport_build_info{version="0"} 1');
    expect(events.named('web.listening').map(({ fields }) => fields)).toEqual([
      { address: `127.0.0.1:${portOf(server.address)}` },
    ]);
  });

  it('answers HEAD without a body', async () => {
    const { base } = await start();
    const response = await fetch(`${base}/readyz`, { method: 'HEAD' });
    expect([response.status, await response.text()]).toEqual([200, '']);
  });

  it('leaves the global Request and Response as they are', async () => {
    const before = [globalThis.Request, globalThis.Response];
    await start();
    expect([globalThis.Request, globalThis.Response]).toEqual(before);
  });

  it('says in one sentence that its port is in use', async () => {
    const { server } = await start();
    await expect(start(`127.0.0.1:${portOf(server.address)}`)).rejects.toMatchObject({
      code: 'ERR_WEB_ADDRESS_IN_USE',
      message: `the address \`127.0.0.1:${portOf(server.address)}\` of \`listeners.admin\` is in use`,
    });
  });

  it('says in one sentence that the machine does not have its address', async () => {
    await expect(start('192.0.2.1:0')).rejects.toMatchObject({ code: 'ERR_WEB_LISTEN' });
  });

  it('refuses a request by a foreign name, as DNS rebinding makes a browser send it', async () => {
    const { server } = await start();
    const status = await new Promise((resolve, reject) => {
      const call = request({
        host: '127.0.0.1',
        port: portOf(server.address),
        path: '/metrics',
        headers: { host: 'evil.example' },
      });
      call.on('response', (response) => resolve(response.resume().statusCode));
      call.on('error', reject);
      call.end();
    });
    expect(status).toBe(403);
  });

  it('lets a running request end when it stops, and takes no new one', async () => {
    let release = () => {};
    const blocked = new Promise<string>((resolve) => {
      release = () => resolve('a 1\n');
    });
    const rendering = Promise.withResolvers<void>();
    const { base, server } = await start('127.0.0.1:0', {
      metrics: {
        contentType: 'text/plain',
        render: () => {
          rendering.resolve();
          return blocked;
        },
      },
    });
    const answer = fetch(`${base}/metrics`);
    await rendering.promise;
    const stopped = server.stop();
    await expect(fetch(`${base}/livez`)).rejects.toThrow();
    release();
    expect(await (await answer).text()).toBe('a 1\n');
    await stopped;
  });

  it('cuts connections that do not end in time, and may be stopped twice', async () => {
    const { server } = await start();
    const socket = connect(portOf(server.address), '127.0.0.1');
    const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => {});
    socket.write('GET /livez HTTP/1.1\r\nhost: 127.0.0.1\r\n');
    await new Promise((resolve) => setTimeout(resolve, 50));
    const began = performance.now();
    await server.stop(100);
    await ended;
    expect(performance.now() - began).toBeLessThan(900);
    await server.stop();
  });

  it('answers garbage with 400 and goes on', async () => {
    const { base, server } = await start();
    const reply = await new Promise<string>((resolve, reject) => {
      const socket = connect(portOf(server.address), '127.0.0.1');
      let text = '';
      socket.on('data', (part) => {
        text += part.toString();
      });
      socket.on('error', reject);
      socket.on('close', () => resolve(text));
      socket.write('\0\0\0garbage\r\n\r\n');
    });
    expect(reply).toMatch(/^HTTP\/1\.1 400 /);
    expect((await fetch(`${base}/livez`)).status).toBe(200);
  });
});
