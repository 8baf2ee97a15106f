import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { dirname } from 'node:path';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { afterEach, describe, expect, it } from 'vitest';
import { errorCodeOf, systemClock } from '../../src/base/index.ts';
import type { Runtime, Service } from '../../src/lab/index.ts';
import { createProcessRuntime } from '../../src/lab/runtime-process.ts';

const open: { runtime?: Runtime; server?: Server } = {};

afterEach(async () => {
  await open.runtime?.close({ keepLogs: false });
  open.server?.close();
});

async function makeRuntime(ports: readonly (readonly [string, number])[] = []): Promise<Runtime> {
  open.runtime = await createProcessRuntime({
    clock: systemClock,
    envoyPath: '/nowhere/envoy',
    ports: new Map(ports),
  });
  return open.runtime;
}

function issuerOf(runtime: Runtime): Service {
  const { host, port } = runtime.places.bind('issuer', 'http');
  const args = ['--host', host, '--port', String(port), '--name', 'https://id.example.org'];
  return { name: 'issuer', program: { kind: 'node', script: 'issuer', args } };
}

async function answer(runtime: Runtime, path: string): Promise<string> {
  const { host, port } = runtime.reach('issuer', 'http');
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const response = await fetch(`http://${host}:${port}${path}`).catch(() => undefined);
    if (response !== undefined) {
      return response.text();
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`no answer at ${path}`);
}

describe('the process runtime', () => {
  it('starts, stops and starts again, and leaves nothing behind', async () => {
    const runtime = await makeRuntime();
    const first = await runtime.start(issuerOf(runtime));
    await answer(runtime, '/livez');
    expect(first.hasEnded()).toBe(false);
    await first.stop();
    expect(first.hasEnded()).toBe(true);
    const second = await runtime.start(issuerOf(runtime));
    await answer(runtime, '/livez');
    await runtime.close({ keepLogs: false });
    expect(second.hasEnded()).toBe(true);
    expect(existsSync(dirname(runtime.logFolder))).toBe(false);
  });

  it('keeps logs and configuration when asked to, but no key', async () => {
    const runtime = await makeRuntime();
    await runtime.close({ keepLogs: true });
    expect(existsSync(runtime.logFolder)).toBe(true);
    expect(existsSync(runtime.places.folders.state)).toBe(false);
    await runtime.close({ keepLogs: false });
  });

  it('gives sockets a short folder', async () => {
    const { places } = await makeRuntime();
    expect(Buffer.byteLength(`${places.folders.sockets}/agent-frontend.sock`)).toBeLessThanOrEqual(107);
  });

  it('takes a chosen port, and says when it is unknown or in use', async () => {
    const { server, port } = await listening();
    open.server = server;
    expect(await makeRuntime([['edge.http', port]]).catch(errorCodeOf)).toBe('ERR_LAB_PORT');
    expect(await makeRuntime([['edge.nothing', 1]]).catch(errorCodeOf)).toBe('ERR_LAB_PORT');
    await new Promise((resolve) => server.close(resolve));
    const { places } = await makeRuntime([['edge.http', port]]);
    expect(places.bind('edge', 'http').port).toBe(port);
  });

  it('says which program cannot be started', async () => {
    const runtime = await makeRuntime();
    const started = runtime.start({
      name: 'edge',
      program: { kind: 'envoy', configFile: 'envoy/edge.yaml' },
    });
    expect(await started.catch(errorCodeOf)).toBe('ERR_LAB_SERVICE');
  });
});

describe('the issuer of the lab', () => {
  it('signs what it is asked for, and publishes one of its two keys', async () => {
    const runtime = await makeRuntime();
    await runtime.start(issuerOf(runtime));
    const good = await answer(runtime, '/token?sub=alice&roles=auditor,clerk');
    const { host, port } = runtime.reach('issuer', 'http');
    const keys = createRemoteJWKSet(new URL(`http://${host}:${port}/jwks.json`));
    const { payload } = await jwtVerify(good, keys, { issuer: 'https://id.example.org', audience: 'shop' });
    expect(payload).toMatchObject({ sub: 'alice', roles: ['auditor', 'clerk'] });
    for (const [wish, code] of [
      ['key=stray', 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'],
      ['lifetimeSeconds=-600', 'ERR_JWT_EXPIRED'],
    ] as const) {
      const token = await answer(runtime, `/token?${wish}`);
      await expect(jwtVerify(token, keys)).rejects.toMatchObject({ code });
    }
  });
});

function listening(): Promise<{ server: Server; port: number }> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') {
        reject(new Error('no port'));
      } else {
        resolve({ server, port: address.port });
      }
    });
  });
}
