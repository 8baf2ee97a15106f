import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { makeSite, SETTINGS } from '../service/app/bed.ts';
import { start } from '../service/app/running.ts';
import { grpcProvider } from '../service/providers/servers.ts';
import { type Answer, extAuthz, get, startHttpEnvoy } from './http-envoy.ts';

/** One provider, asked by Envoy itself and by Sallyport for another Envoy: clients and workloads see the same. */

const ECHO = ['x-a', 'x-b', 'x-new', 'cookie', ':path'];
const SENT = { 'x-a': 'sent', cookie: 'c=d' };

const header = (key: string, value: string, more: object = {}) => ({ header: { key, value }, ...more });
const append = { append: { value: true } };
const overwrite = { append: { value: false } };
const allow = (ok_response: object) => ({ status: { code: 0 }, ok_response });
const deny = (denied_response: object, code = 7) => ({ status: { code }, denied_response });

const ANSWERS: Readonly<Record<string, object>> = {
  'an allow': { status: { code: 0 } },
  'a header overwritten': allow({ headers: [header('x-a', 'new', overwrite)] }),
  'a header that is new': allow({ headers: [header('x-new', '1', overwrite)] }),
  'a header by action 1, there': allow({ headers: [header('x-a', 'new', { append_action: 1 })] }),
  'a header by action 1, not there': allow({ headers: [header('x-b', 'new', { append_action: 1 })] }),
  'a header by action 2': allow({ headers: [header('x-a', 'new', { append_action: 2 })] }),
  'a header by action 3, there': allow({ headers: [header('x-a', 'new', { append_action: 3 })] }),
  'a header by action 3, not there': allow({ headers: [header('x-b', 'new', { append_action: 3 })] }),
  'a header that says nothing': allow({ headers: [header('x-a', 'new')] }),
  'a header appended': allow({ headers: [header('x-a', 'new', append)] }),
  'two lines': allow({ headers: [header('x-new', '1', overwrite), header('x-new', '2', append)] }),
  'two cookies': allow({ headers: [header('cookie', 'e=f', append)] }),
  'a header without a value': allow({ headers: [header('x-a', '', overwrite)] }),
  'headers removed': allow({ headers_to_remove: ['X-A', 'cookie', ':path', 'host'] }),
  'a header set and removed': allow({
    headers: [header('x-a', 'new', overwrite)],
    headers_to_remove: ['x-a'],
  }),
  'query set and removed': allow({
    query_parameters_to_set: [{ key: 'b', value: '9' }],
    query_parameters_to_remove: ['a', 'none'],
  }),
  'headers for the client': allow({
    response_headers_to_add: [header('set-cookie', 'a=1', append), header('set-cookie', 'b=2', append)],
  }),
  'a bare denial': { status: { code: 7 } },
  'a denial with words': deny({ status: { code: 401 }, headers: [header('x-why', 'no')], body: 'go away' }),
  'a redirect': deny({ status: { code: 302 }, headers: [header('location', '/login')] }),
  'a denial that looks well': deny({ status: { code: 200 }, body: 'a page' }),
  'a status that few know': deny({ status: { code: 418 }, body: 'tea' }),
  'a denial with cookies': deny({ headers: [header('set-cookie', 'a=1'), header('set-cookie', 'b=2')] }),
  'a denial by another code': deny({ body: 'late' }, 4),
};

function seen({ status, headers, body }: Answer): object {
  const wanted = ['x-why', 'location', 'set-cookie', ...ECHO.map((name) => `seen-${name.replace(':', '')}`)];
  return { status, body, headers: Object.fromEntries(wanted.map((name) => [name, headers[name] ?? null])) };
}

it.for(['1.36', '1.40'] as const)('answers of a gRPC provider, Envoy %s', async (version, { task }) => {
  let answer: object = {};
  const folder = mkdtempSync(join(tmpdir(), 'sp-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const socket = join(folder, 'p.sock');
  await grpcProvider(() => answer, undefined, socket);
  const { port } = await grpcProvider(() => answer);
  const providers = [{ name: 'opa', envoyExtAuthzGrpc: { service: '127.0.0.1', port, timeout: '1s' } }];
  const site = makeSite(
    `${SETTINGS}profiles: { sidecar: { fallbackWorkload: shop/orders } }\nextensionProviders: ${JSON.stringify(providers)}\n`,
  );
  site.write(
    'policies/readers.yaml',
    `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: ask, namespace: shop }
spec: { action: CUSTOM, provider: { name: opa }, rules: [{}] }
`,
  );
  await start(site);
  answer = { status: { code: 0 } };
  const front = { filters: [extAuthz()], echo: ECHO };
  const native = await startHttpEnvoy(version, socket, [front]);
  const ours = await startHttpEnvoy(version, site.path('run', 'authz.sock'), [front]);
  task.meta.labRuntime = `Envoy ${native.release}, a local binary`;
  const [expected, actual]: [Record<string, object>, Record<string, object>] = [{}, {}];
  for (const [name, given] of Object.entries(ANSWERS)) {
    answer = given;
    expected[name] = seen(await get(native.ports[0] ?? 0, '/x?a=1&b=2&c=3', SENT));
    actual[name] = seen(await get(ours.ports[0] ?? 0, '/x?a=1&b=2&c=3', SENT));
  }
  expect(expected).toMatchObject({
    'an allow': { status: 200 },
    'a denial with words': { status: 401, body: 'go away' },
  });
  expect(actual).toEqual(expected);
});
