import { expect, it } from 'vitest';
import type { JsonObject } from '../../src/envoy/index.ts';
import { makeSite, SETTINGS } from '../service/app/bed.ts';
import { start } from '../service/app/running.ts';
import { type AskedByHttp, httpProvider } from '../service/providers/servers.ts';
import { type Answer, extAuthz, get, startHttpEnvoy } from './http-envoy.ts';

/** One HTTP provider, asked by Envoy itself and by Sallyport for another Envoy: it, clients and workloads see the same. */

const ECHO = ['x-user', 'x-group-a', 'x-other', 'cookie', ':path'];
const SENT = {
  'x-user': 'sent',
  'x-secret': 'hidden',
  'x-app-a': '1',
  cookie: 'c=d',
  authorization: 'Bearer t',
  'x-fixed': 'sent',
};

/** Status, headers, body. */
type Reply = readonly [number, Readonly<Record<string, string | readonly string[]>>, string];

const REPLIES: Readonly<Record<string, Reply>> = {
  'an allow': [200, {}, 'not shown'],
  'headers that are passed on and others': [
    200,
    { 'X-User': 'ann', 'x-group-a': 'g', 'x-other': 'kept back', 'x-secret': 'kept back' },
    '',
  ],
  'headers removed': [200, { 'x-envoy-auth-headers-to-remove': 'cookie, x-other' }, ''],
  'cookies for the client': [200, { 'set-cookie': ['a=1', 'b=2'] }, ''],
  'a denial': [401, { 'www-authenticate': 'Basic', 'x-why': 'no', 'x-more': 'kept back' }, 'go away'],
  'a redirect': [302, { location: '/login', 'set-cookie': ['a=1', 'b=2'] }, ''],
  'a status that few know': [418, {}, 'tea'],
  'no content': [204, {}, ''],
  'created is no 200': [201, {}, 'made'],
  'no verdict': [503, { 'x-why': 'broken' }, 'inner words'],
};

const exact = (name: string) => ({ exact: name, ignore_case: true });

/** As Istio writes a provider over HTTP. */
function native(port: number): JsonObject {
  const { typed_config } = extAuthz() as { readonly typed_config: JsonObject };
  const { grpc_service: _, ...rest } = typed_config;
  return {
    name: 'envoy.filters.http.ext_authz',
    typed_config: {
      ...rest,
      status_on_error: { code: 'ServiceUnavailable' },
      allowed_headers: { patterns: [exact('cookie'), { prefix: 'x-app-' }] },
      http_service: {
        server_uri: { uri: `http://127.0.0.1:${port}`, cluster: 'provider', timeout: '1s' },
        path_prefix: '/check',
        authorization_request: { headers_to_add: [{ key: 'x-fixed', value: 'ours' }] },
        authorization_response: {
          allowed_upstream_headers: { patterns: [exact('x-user'), { prefix: 'x-group-' }] },
          allowed_client_headers_on_success: { patterns: [exact('set-cookie')] },
          allowed_client_headers: { patterns: [exact('x-why'), exact('set-cookie')] },
        },
      },
    },
  };
}

function cluster(port: number): JsonObject {
  const address = { socket_address: { address: '127.0.0.1', port_value: port } };
  return {
    name: 'provider',
    load_assignment: {
      cluster_name: 'provider',
      endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }],
    },
  };
}

function settings(port: number): string {
  const service = {
    service: '127.0.0.1',
    port,
    pathPrefix: '/check',
    statusOnError: 503,
    includeRequestHeadersInCheck: ['cookie', 'x-app-*'],
    includeAdditionalHeadersInCheck: { 'x-fixed': 'ours' },
    headersToUpstreamOnAllow: ['x-user', 'x-group-*'],
    headersToDownstreamOnAllow: ['set-cookie'],
    headersToDownstreamOnDeny: ['x-why', 'set-cookie'],
  };
  return `${SETTINGS}profiles: { sidecar: { fallbackWorkload: shop/orders, reasonHeader: false } }
extensionProviders: ${JSON.stringify([{ name: 'oauth', envoyExtAuthzHttp: service }])}
`;
}

const POLICY = `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: ask, namespace: shop }
spec: { action: CUSTOM, provider: { name: oauth }, rules: [{}] }
`;

const CLIENT = ['x-why', 'x-more', 'location', 'set-cookie', 'www-authenticate'];

function seen({ status, headers, body }: Answer): object {
  const wanted = [...CLIENT, ...ECHO.map((name) => `seen-${name.replace(':', '')}`)];
  return { status, body, headers: Object.fromEntries(wanted.map((name) => [name, headers[name] ?? null])) };
}

function question({ method, path, headers, body }: AskedByHttp): object {
  const wanted = ['cookie', 'authorization', 'content-length', ...Object.keys(SENT)];
  return {
    method,
    path,
    body,
    headers: Object.fromEntries(wanted.map((name) => [name, headers[name] ?? null])),
  };
}

it.for(['1.36', '1.40'] as const)('answers of an HTTP provider, Envoy %s', async (version, { task }) => {
  let reply: Reply = [200, {}, ''];
  const server = await httpProvider((_, response) => {
    const [status, headers, body] = reply;
    for (const [name, value] of Object.entries(headers)) {
      response.setHeader(name, value);
    }
    response.writeHead(status).end(body);
  });
  const site = makeSite(settings(server.port));
  site.write('policies/readers.yaml', POLICY);
  await start(site);
  const fronts = [native(server.port), extAuthz()].map((filter) => ({ filters: [filter], echo: ECHO }));
  const envoy = await startHttpEnvoy(version, site.path('run', 'authz.sock'), fronts, [cluster(server.port)]);
  task.meta.labRuntime = `Envoy ${envoy.release}, a local binary`;
  const expected: Record<string, object> = {};
  const actual: Record<string, object> = {};
  for (const [name, given] of Object.entries(REPLIES)) {
    reply = given;
    for (const [index, into] of [expected, actual].entries()) {
      const answer = seen(await get(envoy.ports[index] ?? 0, '/x?a=1', SENT));
      const asked = server.asked.at(-1);
      into[name] = { answer, asked: asked && question(asked) };
    }
  }
  expect(expected).toMatchObject({
    'an allow': { answer: { status: 200 } },
    'a denial': { answer: { status: 401, body: 'go away' } },
    'no verdict': { answer: { status: 503, body: '' } },
  });
  expect(actual).toEqual(expected);
});
