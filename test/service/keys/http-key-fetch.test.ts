import { mkdtempSync, writeFileSync } from 'node:fs';
import type { RequestListener, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { LIMITS, parseIpRange } from '../../../src/base/index.ts';
import {
  createKeyFetch,
  type FetchedDocument,
  type KeyFetchOptions,
  type ResolveName,
} from '../../../src/keys/index.ts';
import { opensslCa } from '../../fakes/openssl-ca.ts';
import { type RunningServer, serveHttp, serveHttps } from './http-servers.ts';

const LOOPBACK = [parseIpRange('127.0.0.1')].filter((range) => range !== undefined);
const LOCAL: KeyFetchOptions = { allowHttp: true, allowCidrs: LOOPBACK, caFiles: [] };
const NOWHERE = [parseIpRange('192.0.2.0/24')].filter((range) => range !== undefined);
const STRICT: KeyFetchOptions = { allowHttp: true, allowCidrs: [], caFiles: [] };

const servers: RunningServer[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(listener: RequestListener): Promise<RunningServer> {
  const server = await serveHttp(listener);
  servers.push(server);
  return server;
}

interface Asked {
  readonly options?: KeyFetchOptions;
  readonly timeoutMillis?: number;
  readonly signal?: AbortSignal;
  readonly resolve?: ResolveName;
}

function fetchFrom(url: string, asked: Asked = {}): Promise<FetchedDocument> {
  const { options = LOCAL, timeoutMillis = 5000, signal = new AbortController().signal, resolve } = asked;
  return createKeyFetch(options, ...(resolve === undefined ? [] : [resolve]))({ url, timeoutMillis, signal });
}

async function codeOf(promise: Promise<FetchedDocument>): Promise<string> {
  return promise.then(
    () => 'fetched',
    (error: { readonly code?: string }) => error.code ?? String(error),
  );
}

/** Every name is this address. */
function always(...addresses: readonly string[]): ResolveName & { readonly asked: readonly string[] } {
  const asked: string[] = [];
  const resolve = (name: string) => {
    asked.push(name);
    return Promise.resolve(addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));
  };
  return Object.assign(resolve, { asked });
}

function redirect(response: ServerResponse, location: string, status = 302): void {
  response.writeHead(status, { location }).end();
}

describe('an answer', () => {
  it('is taken with what it says of its age', async () => {
    const server = await serve((_request, response) => {
      response.writeHead(200, { 'cache-control': 'public, max-age=600', age: '100' }).end('{"keys":[]}');
    });
    expect(await fetchFrom(`http://127.0.0.1:${server.port}/jwks`)).toEqual({
      text: '{"keys":[]}',
      maxAgeSeconds: 500,
    });
  });

  it('is asked for without cookies, user or encodings', async () => {
    let headers: Readonly<Record<string, unknown>> = {};
    const server = await serve((request, response) => {
      headers = request.headers;
      response.end('x');
    });
    await fetchFrom(`http://127.0.0.1:${server.port}/`);
    expect(Object.keys(headers).sort()).toEqual(['accept', 'connection', 'host', 'user-agent']);
  });

  it.each([400, 401, 404, 418, 500, 503, 304, 204])('of status %s', async (status) => {
    const server = await serve((_request, response) => response.writeHead(status).end());
    expect(await codeOf(fetchFrom(`http://127.0.0.1:${server.port}/`))).toBe(
      status === 204 ? 'fetched' : 'ERR_KEY_FETCH_STATUS',
    );
  });

  it('may have so many bytes, and not one more', async () => {
    const server = await serve((request, response) => {
      response.end('x'.repeat(LIMITS.keySetBytes + (request.url === '/more' ? 1 : 0)));
    });
    const { text } = await fetchFrom(`http://127.0.0.1:${server.port}/`);
    expect(text).toHaveLength(LIMITS.keySetBytes);
    expect(await codeOf(fetchFrom(`http://127.0.0.1:${server.port}/more`))).toBe('ERR_KEY_FETCH_TOO_LARGE');
  });

  it('without end is cut off', async () => {
    const server = await serve((_request, response) => {
      const chunk = 'x'.repeat(64 * 1024);
      const more = (): void => {
        while (!response.destroyed && response.write(chunk)) {}
      };
      response.on('drain', more);
      more();
    });
    expect(await codeOf(fetchFrom(`http://127.0.0.1:${server.port}/`))).toBe('ERR_KEY_FETCH_TOO_LARGE');
  });

  it.each([
    ['headers that never come', (_response: ServerResponse) => {}],
    ['a body that never ends', (response: ServerResponse) => response.write('{')],
    [
      'a body in drops',
      (response: ServerResponse) => {
        const timer = setInterval(() => response.write(' '), 20);
        response.on('close', () => clearInterval(timer));
      },
    ],
  ])('is not waited for beyond the time: %s', async (_name, answer) => {
    const server = await serve((_request, response) => void answer(response));
    const start = performance.now();
    const code = await codeOf(fetchFrom(`http://127.0.0.1:${server.port}/`, { timeoutMillis: 200 }));
    expect(code).toBe('ERR_KEY_FETCH_TIMEOUT');
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it.each([
    ['a connection that is cut', (response: ServerResponse) => response.destroy()],
    [
      'a body that is cut',
      (response: ServerResponse) => {
        response.writeHead(200, { 'content-length': '100' });
        response.write('x');
        setTimeout(() => response.destroy(), 20);
      },
    ],
  ])('is none: %s', async (_name, answer) => {
    const server = await serve((_request, response) => void answer(response));
    expect(await codeOf(fetchFrom(`http://127.0.0.1:${server.port}/`))).toBe('ERR_KEY_FETCH_CONNECTION');
  });

  it('of something that speaks no HTTP is none', async () => {
    const server = await serve(() => {});
    await server.close();
    expect(await codeOf(fetchFrom(`http://127.0.0.1:${server.port}/`))).toBe('ERR_KEY_FETCH_CONNECTION');
  });

  it('is given up when nobody wants it any more', async () => {
    const server = await serve(() => {});
    const controller = new AbortController();
    const fetched = fetchFrom(`http://127.0.0.1:${server.port}/`, { signal: controller.signal });
    setTimeout(() => controller.abort(), 50);
    await expect(fetched).rejects.toThrow();
  });
});

describe('redirects', () => {
  it('are followed twice, relative ones too, and not three times', async () => {
    const server = await serve((request, response) => {
      const left = Number(request.url?.slice(1));
      if (left === 0) {
        response.end('here');
      } else {
        redirect(response, `/${left - 1}`, [301, 302, 303, 307, 308][left]);
      }
    });
    const from = (count: number) => fetchFrom(`http://127.0.0.1:${server.port}/${count}`);
    expect((await from(2)).text).toBe('here');
    expect(await codeOf(from(3))).toBe('ERR_KEY_FETCH_REDIRECT');
  });

  it.each([
    ['an address that may not be asked', 'http://10.0.0.1/', 'ERR_KEY_FETCH_ADDRESS'],
    ['metadata', 'http://169.254.169.254/latest/meta-data/', 'ERR_KEY_FETCH_ADDRESS'],
    ['this machine by another name', 'http://[::1]/', 'ERR_KEY_FETCH_ADDRESS'],
    ['a file', 'file:///etc/passwd', 'ERR_KEY_FETCH_URL'],
    ['a user', 'http://u:p@127.0.0.1/', 'ERR_KEY_FETCH_URL'],
    ['nowhere', 'http://', 'ERR_KEY_FETCH_URL'],
  ])('do not lead to %s', async (_name, location, code) => {
    const server = await serve((_request, response) => redirect(response, location));
    expect(await codeOf(fetchFrom(`http://127.0.0.1:${server.port}/`))).toBe(code);
  });

  it('without a place are errors', async () => {
    const server = await serve((_request, response) => response.writeHead(302).end());
    expect(await codeOf(fetchFrom(`http://127.0.0.1:${server.port}/`))).toBe('ERR_KEY_FETCH_STATUS');
  });
});

describe('URLs', () => {
  it.each([
    ['http when it is not allowed', 'http://example.org/'],
    ['another scheme', 'ftp://example.org/'],
    ['a file', 'file:///etc/passwd'],
    ['data', 'data:application/json,{}'],
    ['a user', 'https://u@example.org/'],
    ['none at all', 'jwks.json'],
  ])('of %s are refused', async (_name, url) => {
    expect(await codeOf(fetchFrom(url, { options: { ...LOCAL, allowHttp: false } }))).toBe(
      'ERR_KEY_FETCH_URL',
    );
  });
});

describe('addresses that may not be asked', () => {
  it.each(['127.0.0.1', '2130706433', '0x7f.1', '0177.0.0.1', '[::ffff:127.0.0.1]', '127.1'])(
    'are never dialled, however they are written: %s',
    async (host) => {
      const server = await serve((_request, response) => response.end('x'));
      const code = await codeOf(fetchFrom(`http://${host}:${server.port}/`, { options: STRICT }));
      expect(code).toBe('ERR_KEY_FETCH_ADDRESS');
      expect(server.connections).toBe(0);
    },
  );

  it.each([
    ['localhost', undefined],
    ['inner.example', always('127.0.0.1')],
    ['mapped.example', always('::ffff:127.0.0.1')],
  ])('are never dialled by name: %s', async (name, resolve) => {
    const server = await serve((_request, response) => response.end('x'));
    const asked = resolve === undefined ? {} : { resolve };
    const code = await codeOf(fetchFrom(`http://${name}:${server.port}/`, { options: STRICT, ...asked }));
    expect(code).toBe('ERR_KEY_FETCH_ADDRESS');
    expect(server.connections).toBe(0);
  });

  it('are left out among several of one name', async () => {
    const server = await serve((_request, response) => response.end('here'));
    const resolve = always('10.255.255.1', '127.0.0.1', '::1');
    const { text } = await fetchFrom(`http://several.example:${server.port}/`, { resolve });
    expect(text).toBe('here');
  });

  it('cannot be slipped in between the look and the call (DNS rebinding)', async () => {
    const server = await serve((_request, response) => response.end('inner'));
    // The first is for documentation: nobody is there.
    const answers = ['192.0.2.1', '127.0.0.1'];
    let lookups = 0;
    const rebinding: ResolveName = () => {
      const address = answers[Math.min(lookups, 1)] ?? '';
      lookups += 1;
      return Promise.resolve([{ address, family: 4 }]);
    };
    const first = await codeOf(
      fetchFrom(`http://rebind.example:${server.port}/`, {
        options: { ...STRICT, allowCidrs: NOWHERE },
        resolve: rebinding,
        timeoutMillis: 300,
      }),
    );
    // The address that was looked at is dialled (and nobody answers there); no second lookup is made for it.
    expect(['ERR_KEY_FETCH_TIMEOUT', 'ERR_KEY_FETCH_CONNECTION']).toContain(first);
    expect(lookups).toBe(1);
    const second = await codeOf(
      fetchFrom(`http://rebind.example:${server.port}/`, {
        options: { ...STRICT, allowCidrs: NOWHERE },
        resolve: rebinding,
      }),
    );
    expect(second).toBe('ERR_KEY_FETCH_ADDRESS');
    expect(server.connections).toBe(0);
  });

  it('are looked at anew for every redirect', async () => {
    const server = await serve((_request, response) => redirect(response, 'http://inner.example/'));
    const resolve: ResolveName = (name) =>
      Promise.resolve([{ address: name === 'outer.example' ? '127.0.0.1' : '10.0.0.1', family: 4 }]);
    expect(await codeOf(fetchFrom(`http://outer.example:${server.port}/`, { resolve }))).toBe(
      'ERR_KEY_FETCH_ADDRESS',
    );
  });

  it('are none when a name has none', async () => {
    expect(await codeOf(fetchFrom('http://nothing.example/', { resolve: always() }))).toBe(
      'ERR_KEY_FETCH_ADDRESS',
    );
  });
});

describe('https', () => {
  const ca = opensslCa('keys');
  const folder = mkdtempSync(join(tmpdir(), 'sp-keys-'));
  const caFile = join(folder, 'ca.pem');
  writeFileSync(caFile, ca.certificatePem);
  const resolve = always('127.0.0.1');

  async function secured(name: string): Promise<RunningServer> {
    const server = await serveHttps(ca.issue(`DNS:${name}`), (_request, response) => response.end('here'));
    servers.push(server);
    return server;
  }

  function trusting(origin: string, file = caFile): KeyFetchOptions {
    return { ...LOCAL, allowHttp: false, caFiles: [{ origin, file }] };
  }

  it('takes a server whose CA is set for it', async () => {
    const { port } = await secured('id.example.org');
    const origin = `https://id.example.org:${port}`;
    const { text } = await fetchFrom(`${origin}/jwks`, { options: trusting(origin), resolve });
    expect(text).toBe('here');
  });

  it('does not take that CA for another server', async () => {
    const { port } = await secured('id.example.org');
    const options = trusting('https://other.example.org');
    expect(await codeOf(fetchFrom(`https://id.example.org:${port}/`, { options, resolve }))).toBe(
      'ERR_KEY_FETCH_CONNECTION',
    );
  });

  it('does not take a certificate of another name', async () => {
    const { port } = await secured('other.example.org');
    const origin = `https://id.example.org:${port}`;
    expect(await codeOf(fetchFrom(origin, { options: trusting(origin), resolve }))).toBe(
      'ERR_KEY_FETCH_CONNECTION',
    );
  });

  it('says so when the CA file is gone', async () => {
    const origin = 'https://id.example.org';
    const options = trusting(origin, join(folder, 'gone.pem'));
    expect(await codeOf(fetchFrom(origin, { options, resolve }))).toBe('ERR_KEY_FETCH_CA');
  });

  it('is not left for http', async () => {
    const server = await serveHttps(ca.issue('DNS:id.example.org'), (_request, response) =>
      redirect(response, 'http://id.example.org/'),
    );
    servers.push(server);
    const origin = `https://id.example.org:${server.port}`;
    expect(await codeOf(fetchFrom(origin, { options: trusting(origin), resolve }))).toBe('ERR_KEY_FETCH_URL');
  });
});
