import { describe, expect, it } from 'vitest';
import { createAdminApp } from '../../../src/web/admin-app.ts';
import type { Readiness } from '../../../src/web/index.ts';
import { eventLog } from '../../fakes/events.ts';

const READY: Readiness = { isReady: true, parts: { policies: 'ready' }, lastReload: undefined };

function app(
  readiness: Readiness = READY,
  options: { render?: () => Promise<string>; isOpen?: boolean } = {},
) {
  const events = eventLog();
  const hono = createAdminApp({
    readiness: () => readiness,
    metrics: { render: options.render ?? (async () => 'a 1\n'), contentType: 'text/plain; version=0.0.4' },
    events: events.sink,
    localNamesOnly: options.isOpen !== true,
  });
  const get = (path: string, init: RequestInit = {}, host = '127.0.0.1:9180') =>
    hono.request(path, { ...init, headers: { host } });
  return { get, events };
}

describe('the admin listener', () => {
  it('is alive', async () => {
    const response = await app().get('/livez');
    expect([response.status, await response.text()]).toEqual([200, 'ok\n']);
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  it('is ready with a complete snapshot alone', async () => {
    const ready = await app().get('/readyz');
    expect([ready.status, await ready.json()]).toEqual([
      200,
      { status: 'ready', parts: { policies: 'ready' } },
    ]);
    const waiting: Readiness = { isReady: false, parts: { policies: 'not read yet' }, lastReload: undefined };
    const notReady = await app(waiting).get('/readyz');
    expect([notReady.status, await notReady.json()]).toEqual([
      503,
      { status: 'not ready', parts: { policies: 'not read yet' } },
    ]);
  });

  it('tells the age of fetched key sets, and stays ready when a key server is away', async () => {
    const keySets = [
      { source: 'https://id.example.org', status: 'ready', ageSeconds: 4000, failures: 3 },
      { source: 'https://new.example.org', status: 'missing', ageSeconds: undefined, failures: 1 },
    ];
    const response = await app({ ...READY, keySets }).get('/readyz');
    expect(response.status).toBe(200);
    expect((await response.json()) as unknown).toMatchObject({
      status: 'ready',
      keySets: [
        { source: 'https://id.example.org', status: 'ready', ageSeconds: 4000, failures: 3 },
        { source: 'https://new.example.org', status: 'missing', failures: 1 },
      ],
    });
  });

  it('says that a change was refused and the old set serves on', async () => {
    const refused = { outcome: 'refused', atMillis: 0, problems: 2 } as const;
    const response = await app({ ...READY, lastReload: refused }).get('/readyz');
    expect(response.status).toBe(200);
    expect((await response.json()) as unknown).toEqual({
      status: 'ready',
      parts: { policies: 'ready' },
      lastReload: {
        outcome: 'refused',
        at: '1970-01-01T00:00:00.000Z',
        problems: 2,
        message: '2 problems in the files; what was read before serves on, and the log says more',
      },
    });
  });

  it('says when a change was taken up', async () => {
    const taken = { outcome: 'taken_up', atMillis: 0, problems: 0 } as const;
    const body = (await (await app({ ...READY, lastReload: taken }).get('/readyz')).json()) as unknown;
    expect(body).toMatchObject({ lastReload: { outcome: 'taken_up', at: '1970-01-01T00:00:00.000Z' } });
  });

  it('gives metrics with their media type', async () => {
    const response = await app().get('/metrics');
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
      200,
      'text/plain; version=0.0.4',
      'a 1\n',
    ]);
  });

  it('keeps the cause of a failure from the stranger and gives it to the log', async () => {
    const { get, events } = app(READY, { render: () => Promise.reject(new Error('inner detail')) });
    const response = await get('/metrics');
    expect([response.status, await response.text()]).toEqual([500, '{"error":"internal error"}']);
    expect(events.named('web.request_failed').length).toBe(1);
  });

  it.each(['/', '/metrics/', '/readyz/x', '/../readyz/..', '/%2e%2e/etc/passwd'])(
    'knows nothing at %s',
    async (path) => {
      expect((await app().get(path)).status).toBe(404);
    },
  );

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('answers no %s', async (method) => {
    const response = await app().get('/livez', { method });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it.each([
    ['localhost:9180', 200],
    ['LOCALHOST', 200],
    ['127.0.0.1', 200],
    ['[::1]:9180', 200],
    ['evil.example', 403],
    ['127.0.0.1.evil.example', 403],
    ['localhost.evil.example:9180', 403],
    ['', 403],
  ])('on loopback, answers the name `%s` with %i', async (host, status) => {
    expect((await app().get('/metrics', {}, host)).status).toBe(status);
  });

  it('beyond loopback, answers to any name', async () => {
    expect((await app(READY, { isOpen: true }).get('/readyz', {}, 'sallyport:9180')).status).toBe(200);
  });
});
