import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { LIMITS } from '../../../src/base/index.ts';
import { fakeClock } from '../../fakes/clock.ts';
import { opensslCa } from '../../fakes/openssl-ca.ts';
import { bench, caFileOf, NOBODY } from './bed.ts';
import { httpProvider } from './servers.ts';

const HTTP = 'envoyExtAuthzHttp';

describe('a provider over HTTP', () => {
  test('sees method, path, host, token, and what the settings add', async () => {
    const server = await httpProvider((_, response) => response.end());
    const { ask } = await bench(HTTP, server.port, {
      pathPrefix: '/check',
      includeRequestHeadersInCheck: ['X-Te*', 'connection'],
      includeAdditionalHeadersInCheck: { 'X-From': 'sallyport', 'x-team-of': 'us' },
    });
    expect((await ask({ method: 'POST' })).kind).toBe('allow');
    expect(server.asked).toEqual([
      {
        method: 'POST',
        path: '/check/orders?a=1',
        headers: {
          host: 'orders.shop',
          authorization: 'Bearer t',
          'x-team': 'a, b',
          'x-from': 'sallyport',
          'x-team-of': 'us',
          'content-length': '0',
          connection: 'keep-alive',
        },
        body: '',
      },
    ]);
  });

  test('sees the body, with whether it is whole', async () => {
    const server = await httpProvider((_, response) => response.end());
    const { ask } = await bench(HTTP, server.port, { includeRequestBodyInCheck: { maxRequestBytes: 9 } });
    await ask({ body: Buffer.from('hällo'), headers: new Map([['x-envoy-auth-partial-body', ['true']]]) });
    expect(server.asked[0]).toMatchObject({
      body: 'hällo',
      headers: { 'content-length': '6', 'x-envoy-auth-partial-body': 'true' },
    });
  });

  test('changes requests and answers by the headers that the settings name', async () => {
    const server = await httpProvider((_, response) => {
      response.setHeader('X-User', 'jürgen');
      response.setHeader('X-Groups', ['a', 'b']);
      response.setHeader('Set-Cookie', ['c=1', 'd=2']);
      response.setHeader('X-Internal', 'kept');
      response.setHeader('X-Envoy-Auth-Headers-To-Remove', 'Cookie, X-Gone');
      response.end();
    });
    const { ask } = await bench(HTTP, server.port, {
      headersToUpstreamOnAllow: ['x-user', 'X-G*'],
      headersToDownstreamOnAllow: ['*-cookie'],
    });
    expect(await ask()).toMatchObject({
      kind: 'allow',
      mutations: {
        headers: [
          { name: 'x-user', action: 'overwrite' },
          { name: 'x-groups', value: 'a', action: 'overwrite' },
          { name: 'x-groups', value: 'b', action: 'append' },
        ],
        removeHeaders: ['cookie', 'x-gone'],
        responseHeaders: [
          { name: 'set-cookie', value: 'c=1', action: 'append' },
          { name: 'set-cookie', value: 'd=2', action: 'append' },
        ],
      },
    });
  });

  test('changes nothing that the settings do not name', async () => {
    const server = await httpProvider((_, response) => {
      response.setHeader('x-user', 'ann');
      response.end();
    });
    const { ask } = await bench(HTTP, server.port);
    expect(await ask()).toMatchObject({ mutations: { headers: [], removeHeaders: [], responseHeaders: [] } });
  });

  test('denies with its status, headers and body; a redirect is not followed', async () => {
    const server = await httpProvider((_, response) => {
      response.writeHead(302, { location: '/login', 'x-why': 'no session', 'content-type': 'text/plain' });
      response.end('log in');
    });
    const all = await (await bench(HTTP, server.port)).ask();
    expect(all).toMatchObject({ kind: 'deny', httpStatus: 302, body: 'log in' });
    expect(namesIn(all)).toEqual(['location', 'x-why', 'content-type', 'date']);
    const some = await (await bench(HTTP, server.port, { headersToDownstreamOnDeny: ['x-w*'] })).ask();
    expect(namesIn(some)).toEqual(['location', 'x-why']);
    expect(server.asked.map(({ path }) => path)).toEqual(['/orders?a=1', '/orders?a=1']);
  });

  test.each([201, 204, 401, 404, 418])('denies with %i', async (status) => {
    const server = await httpProvider((_, response) => response.writeHead(status).end());
    expect(await (await bench(HTTP, server.port)).ask()).toMatchObject({ kind: 'deny', httpStatus: status });
  });

  test('keeps its connection', async () => {
    const server = await httpProvider((_, response) => response.end());
    const { ask } = await bench(HTTP, server.port);
    await ask();
    await ask();
    expect(server.connections()).toBe(1);
  });

  test('opens another connection when the one it kept is closed as it asks', async () => {
    let connections = 0;
    const port = await rawServer((socket) => {
      connections += 1;
      let questions = 0;
      socket.on('data', () => {
        questions += 1;
        if (questions === 1) {
          socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
        } else {
          socket.resetAndDestroy();
        }
      });
    });
    const { ask } = await bench(HTTP, port);
    expect([(await ask()).kind, (await ask()).kind]).toEqual(['allow', 'allow']);
    expect(connections).toBe(2);
  });

  test('a denial that is no text is one without a body', async () => {
    const server = await httpProvider((_, response) => {
      response.writeHead(403, { 'content-type': 'image/png', 'x-a': 'b' });
      response.end(Buffer.from([0x89, 0xff]));
    });
    const answer = await (await bench(HTTP, server.port)).ask();
    expect(answer).toMatchObject({ kind: 'deny', body: '' });
    expect(namesIn(answer)).toEqual(['x-a', 'date']);
  });
});

describe('no verdict over HTTP', () => {
  test.each([500, 503])('%i', async (status) => {
    const server = await httpProvider((_, response) => response.writeHead(status).end('secret'));
    const { ask, log } = await bench(HTTP, server.port);
    expect(await ask()).toMatchObject({ kind: 'failed', failure: 'status' });
    expect(JSON.stringify(log.all)).not.toContain('secret');
  });

  test('no answer in time', async () => {
    const server = await httpProvider(() => undefined);
    expect(await (await bench(HTTP, server.port)).ask({}, 200)).toMatchObject({ failure: 'timeout' });
  });

  test('a body that never ends in time', async () => {
    const server = await httpProvider((_, response) => void response.writeHead(200).write('x'));
    expect(await (await bench(HTTP, server.port)).ask({}, 200)).toMatchObject({ failure: 'timeout' });
  });

  test('nobody listens', async () => {
    expect(await (await bench(HTTP, NOBODY)).ask()).toMatchObject({
      failure: 'unreachable',
      cause: { message: 'the provider cannot be reached (ECONNREFUSED)' },
    });
  });

  test.each([
    ['broken off', 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc', 'unreachable'],
    ['no HTTP', 'hello\r\n\r\n', 'reply'],
    ['another protocol', 'HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n', 'reply'],
    ['too long a head', `HTTP/1.1 200 OK\r\nx-a: ${'b'.repeat(70_000)}\r\n\r\n`, 'reply'],
  ])('an answer that is %s', async (_, text, failure) => {
    const port = await rawServer((socket) => void socket.end(text));
    expect(await (await bench(HTTP, port)).ask({}, 2000)).toMatchObject({ kind: 'failed', failure });
  });

  test('an answer at the limit is taken, one byte more is not', async () => {
    const server = await httpProvider(({ path }, response) =>
      response.writeHead(403).end('x'.repeat(LIMITS.providerReplyBytes + (path === '/more' ? 1 : 0))),
    );
    const { ask } = await bench(HTTP, server.port);
    expect((await ask({ path: '/' })).kind).toBe('deny');
    expect(await ask({ path: '/more' })).toMatchObject({ failure: 'reply' });
  });

  test('as many headers as the limit, and one more', async () => {
    const server = await httpProvider(({ path }, response) => {
      response.sendDate = false;
      response.setHeader('content-length', '0');
      response.shouldKeepAlive = false;
      const own = 2;
      response.setHeader(
        'x-a',
        Array.from({ length: LIMITS.providerReplyHeaders - own + (path === '/more' ? 1 : 0) }, () => 'b'),
      );
      response.end();
    });
    const { ask } = await bench(HTTP, server.port);
    expect((await ask({ path: '/' })).kind).toBe('allow');
    expect(await ask({ path: '/more' })).toMatchObject({ failure: 'reply' });
  });

  test('what cannot be asked', async () => {
    const { ask } = await bench(HTTP, NOBODY);
    expect(await ask({ method: 'CONNECT', path: '' })).toMatchObject({ failure: 'question' });
    expect(await ask('tcp')).toMatchObject({ failure: 'question' });
  });

  test('a tunnel in small letters: what never gets an answer could pass where failures do', async () => {
    const server = await httpProvider((_, response) => response.writeHead(403).end());
    const { ask } = await bench(HTTP, server.port, { failOpen: true });
    expect(await ask({ method: 'connect' }, 500)).toMatchObject({ failure: 'question' });
    expect(server.asked).toEqual([]);
  });

  test('a header that cannot be sent leaves no timer behind, nor the request that it would keep', async () => {
    const clock = fakeClock(0);
    const { ask } = await bench(HTTP, NOBODY, {}, clock);
    const headers = new Map([['authorization', ['a\u0001secret']]]);
    expect(await ask({ headers })).toMatchObject({ kind: 'failed', failure: 'question' });
    expect(clock.pendingTimers).toBe(0);
  });
});

test('TLS: a certificate of the CA for the name is believed, another is not', async () => {
  const ca = opensslCa('provider');
  const caFile = caFileOf(ca);
  const server = await httpProvider((_, response) => response.end(), ca.issue('DNS:authz.example.org'));
  const tls = { caFile, serverName: 'authz.example.org' };
  expect((await (await bench(HTTP, server.port, { tls })).ask()).kind).toBe('allow');
  const refused = [
    { caFile, serverName: 'other.example.org' },
    { serverName: 'authz.example.org' },
    { caFile },
  ];
  for (const other of refused) {
    const answer = await (await bench(HTTP, server.port, { tls: other })).ask();
    expect(answer).toMatchObject({ kind: 'failed', failure: 'unreachable' });
  }
  expect(server.asked).toHaveLength(1);
});

function namesIn(answer: object): readonly string[] {
  return 'headers' in answer && Array.isArray(answer.headers)
    ? answer.headers.map(({ name }: { readonly name: string }) => name)
    : [];
}

async function rawServer(serve: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}
