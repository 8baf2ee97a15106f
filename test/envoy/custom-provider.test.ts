import { expect, it, type TestContext } from 'vitest';
import type { EnvoyVersion, JsonObject } from '../../src/envoy/index.ts';
import { makeSite, SETTINGS, type Site } from '../service/app/bed.ts';
import { start } from '../service/app/running.ts';
import { type AskedByGrpc, grpcProvider, httpProvider } from '../service/providers/servers.ts';
import { extAuthz, startHttpEnvoy } from './http-envoy.ts';

/** Through a real Envoy: what providers say is what clients and workloads see. */

const ECHO = ['x-user', 'x-role', 'cookie', ':path'];

function settings(providers: readonly object[]): string {
  return `${SETTINGS}profiles: { sidecar: { fallbackWorkload: shop/orders } }
extensionProviders: ${JSON.stringify(providers)}
`;
}

function custom(name: string, path: string): string {
  return `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: ask-${name}-${path}, namespace: shop }
spec: { action: CUSTOM, provider: { name: ${name} }, rules: [{ to: [{ operation: { paths: ["/${path}*"] } }] }] }
---
`;
}

const CLOSED = `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: closed, namespace: shop }
spec: { action: DENY, rules: [{ when: [{ key: "request.headers[x-role]", values: [banned] }] }] }
`;

const option = (key: string, value: string, more: object = {}) => ({ header: { key, value }, ...more });

/** Allows who has a cookie, with changes of every kind; denies others with two cookies and a body. */
function answerByGrpc(request: AskedByGrpc): object {
  const http = request.attributes.request?.http;
  return http?.headers['cookie'] === undefined
    ? {
        status: { code: 7 },
        denied_response: {
          status: { code: 401 },
          headers: [option('set-cookie', 'a=1'), option('set-cookie', 'b=2'), option('x-why', 'no cookie')],
          body: 'log in first',
        },
      }
    : {
        status: { code: 0 },
        ok_response: {
          headers: [
            option('x-user', 'ann'),
            option('x-role', http.body || 'none', { append: { value: true } }),
          ],
          headers_to_remove: ['cookie'],
          response_headers_to_add: [option('set-cookie', 'seen=1', { append: { value: true } })],
          query_parameters_to_set: [{ key: 'by', value: 'opa' }],
          query_parameters_to_remove: ['secret'],
        },
      };
}

interface Run {
  readonly version: EnvoyVersion;
  readonly task: TestContext['task'];
  /** Of the filter, beside what all have. */
  readonly fields?: JsonObject;
}

interface World {
  readonly site: Site;
  readonly ask: (path: string, init?: RequestInit) => Promise<Seen>;
}

interface Seen {
  readonly status: number;
  readonly reason: string | null;
  readonly body: string;
  readonly cookies: readonly string[];
  readonly headers: Headers;
}

async function world(
  { version, task, fields = {} }: Run,
  providers: readonly object[],
  policies: string,
): Promise<World> {
  const site = makeSite(settings(providers));
  site.write('policies/readers.yaml', policies + CLOSED);
  await start(site);
  const with_request_body = { max_request_bytes: 16, allow_partial_message: true, pack_as_bytes: true };
  const front = { filters: [extAuthz({ with_request_body, ...fields })], echo: ECHO };
  const { ports, release } = await startHttpEnvoy(version, site.path('run', 'authz.sock'), [front]);
  task.meta.labRuntime = `Envoy ${release}, a local binary`;
  return {
    site,
    async ask(path, init = {}) {
      const response = await fetch(`http://127.0.0.1:${ports[0]}${path}`, { redirect: 'manual', ...init });
      return {
        status: response.status,
        reason: response.headers.get('x-sallyport-reason'),
        body: await response.text(),
        cookies: response.headers.getSetCookie(),
        headers: response.headers,
      };
    },
  };
}

it.for(['1.36', '1.40'] as const)('a provider over gRPC, Envoy %s', async (version, { task }) => {
  const opa = await grpcProvider(answerByGrpc);
  const service = { service: '127.0.0.1', port: opa.port, timeout: '1s' };
  const body = { maxRequestBytes: 8 };
  const { ask } = await world(
    // As `sallyport envoy ext-authz` writes it.
    { version, task, fields: { encode_raw_headers: true, validate_mutations: true } },
    [
      { name: 'opa', envoyExtAuthzGrpc: { ...service, includeRequestBodyInCheck: body } },
      { name: 'wide', envoyExtAuthzGrpc: { ...service, includeRequestBodyInCheck: { maxRequestBytes: 16 } } },
      { name: 'gone', envoyExtAuthzGrpc: { service: '127.0.0.1', port: 1, statusOnError: 503 } },
      { name: 'gone-open', envoyExtAuthzGrpc: { service: '127.0.0.1', port: 1, failOpen: true } },
    ],
    custom('opa', 'opa') +
      custom('wide', 'wide') +
      custom('gone', 'gone') +
      custom('gone-open', 'open') +
      custom('opa', 'open'),
  );
  const denied = await ask('/opa', { headers: { 'x-user': 'root' } });
  expect(denied).toMatchObject({ status: 401, reason: 'denied_by_custom', body: 'log in first' });
  expect(denied.cookies).toEqual(['a=1', 'b=2']);
  expect(denied.headers.get('x-why')).toBe('no cookie');

  const headers = { cookie: 'id=1', 'x-user': 'root' };
  const allowed = await ask('/opa?secret=1&x=2', { headers });
  expect(allowed).toMatchObject({ status: 200, body: 'passed', cookies: ['seen=1'] });
  expect(echoed(allowed)).toEqual({
    'x-user': 'ann',
    'x-role': 'none',
    cookie: null,
    ':path': '/opa?by=opa&x=2',
  });

  // Eight bytes are whole, nine are one past the limit; what the provider sets is seen by DENY.
  const post = (text: string, path = '/opa') => ask(path, { method: 'POST', headers, body: text });
  expect(await post('reader12')).toMatchObject({ status: 200 });
  expect(await post('reader123')).toMatchObject({ status: 413, reason: 'body_too_large' });
  // Envoy itself cuts after sixteen, and says so from the seventeenth on.
  expect(await post('x'.repeat(16), '/wide')).toMatchObject({ status: 200 });
  expect(await post('x'.repeat(17), '/wide')).toMatchObject({ status: 413, reason: 'body_too_large' });
  expect(await post('banned')).toMatchObject({ status: 403, reason: 'denied_by_policy' });

  expect(await ask('/gone')).toMatchObject({ status: 503, reason: 'provider_failed' });
  expect(await ask('/open', { headers })).toMatchObject({ status: 200 });
  expect(await ask('/open')).toMatchObject({ status: 401, reason: 'denied_by_custom' });
  expect(await ask('/other')).toMatchObject({ status: 200 });
});

it.for(['1.36', '1.40'] as const)('a provider over HTTP, Envoy %s', async (version, { task }) => {
  const server = await httpProvider(({ path, headers }, response) => {
    switch (headers['cookie']) {
      case 'id=1':
        response.setHeader('x-user', 'ann').setHeader('set-cookie', ['a=1', 'b=2']).end();
        break;
      case 'id=2':
        response.writeHead(503).end('inner words');
        break;
      case undefined:
        response.writeHead(302, { location: `/login?to=${path}`, 'set-cookie': ['c=1', 'd=2'] }).end('go');
        break;
      default:
      // Says nothing.
    }
  });
  const { ask } = await world(
    { version, task },
    [
      {
        name: 'oauth',
        envoyExtAuthzHttp: {
          service: '127.0.0.1',
          port: server.port,
          timeout: '300ms',
          pathPrefix: '/check',
          includeRequestHeadersInCheck: ['cookie'],
          headersToUpstreamOnAllow: ['x-user'],
          headersToDownstreamOnAllow: ['set-cookie'],
        },
      },
    ],
    custom('oauth', 'app'),
  );
  const denied = await ask('/app/a?b=c');
  expect(denied).toMatchObject({
    status: 302,
    reason: 'denied_by_custom',
    body: 'go',
    cookies: ['c=1', 'd=2'],
  });
  expect(denied.headers.get('location')).toBe('/login?to=/check/app/a?b=c');
  const allowed = await ask('/app', { headers: { cookie: 'id=1', 'x-user': 'root' } });
  expect(allowed).toMatchObject({ status: 200, cookies: ['a=1', 'b=2'] });
  expect(echoed(allowed)).toMatchObject({ 'x-user': 'ann', cookie: 'id=1' });
  const failed = await ask('/app', { headers: { cookie: 'id=2' } });
  expect(failed).toMatchObject({ status: 403, reason: 'provider_failed', body: '' });
  expect(await ask('/app', { headers: { cookie: 'id=3' } })).toMatchObject({ reason: 'provider_failed' });
  expect(server.asked[0]?.headers['host']).toMatch(/^127\.0\.0\.1:\d+$/);
});

/** What the route told of the request behind all filters. */
function echoed({ headers }: Seen): Readonly<Record<string, string | null>> {
  return Object.fromEntries(ECHO.map((name) => [name, headers.get(`seen-${name.replace(':', '')}`)]));
}
