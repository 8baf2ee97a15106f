import { expect, test } from 'vitest';
import { checkFiles } from '../../../src/app/index.ts';
import { systemClock } from '../../../src/base/index.ts';
import { makeSite, SETTINGS, type Site } from '../app/bed.ts';
import { adminUrl, start } from '../app/running.ts';
import { callUnary } from '../grpc/call-unary.ts';
import { grpcProvider, httpProvider } from './servers.ts';

/** A whole Sallyport that asks real providers, by its files as a person writes them. */

function settings(providers: readonly object[]): string {
  return `${SETTINGS}extensionProviders: ${JSON.stringify(providers)}\n`;
}

function custom(name: string, provider: string, rules: string): string {
  return `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: ${name}, namespace: shop }
spec: { action: CUSTOM, provider: { name: ${provider} }, rules: ${rules} }
---
`;
}

const ALLOW_USERS = `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: users, namespace: shop }
spec: { rules: [{ when: [{ key: "request.headers[x-user]", values: [ann] }] }] }
`;

interface Answer {
  readonly status: { readonly code: number };
  readonly ok_response: { readonly headers: readonly { readonly header: object }[] } | null;
  readonly denied_response: {
    readonly status: { readonly code: string };
    readonly headers: readonly { readonly header: { readonly key: string; readonly value: string } }[];
    readonly body: string;
  } | null;
}

async function ask(site: Site, path: string, headers: object = {}): Promise<Answer> {
  const attributes = {
    source: { principal: 'spiffe://example.org/ns/web/sa/frontend' },
    destination: { principal: 'spiffe://example.org/ns/shop/sa/orders' },
    request: { http: { method: 'GET', path, host: 'orders', headers: { ':path': path, ...headers } } },
  };
  const socket = site.path('run', 'authz.sock');
  return (await callUnary(socket, 'envoy.service.auth.v3.Authorization', 'Check', { attributes })) as Answer;
}

function brief({ status, denied_response: denied }: Answer): string {
  const reason = denied?.headers.find(({ header }) => header.key === 'x-sallyport-reason')?.header.value;
  return status.code === 0 ? 'allowed' : `${denied?.status.code} ${reason}`;
}

test('gRPC: a header that the provider sets is seen by an ALLOW rule, and its denial by the client', async () => {
  const server = await grpcProvider((request) =>
    request.attributes.request?.http?.headers['x-token'] === 'good'
      ? { status: {}, ok_response: { headers: [{ header: { key: 'x-user', value: 'ann' } }] } }
      : { status: { code: 7 }, denied_response: { status: { code: 402 }, body: 'pay first' } },
  );
  const site = makeSite(
    settings([{ name: 'opa', envoyExtAuthzGrpc: { service: 'localhost', port: server.port } }]),
  );
  site.write(
    'policies/readers.yaml',
    custom('ask', 'opa', '[{ to: [{ operation: { notPaths: [/free] } }] }]') + ALLOW_USERS,
  );
  const running = await start(site);
  const allowed = await ask(site, '/orders', { 'x-token': 'good', 'x-user': 'root' });
  expect(brief(allowed)).toBe('allowed');
  expect(allowed.ok_response?.headers).toMatchObject([
    { header: { key: 'x-user', value: 'ann' }, append: { value: false } },
  ]);
  const denied = await ask(site, '/orders', { 'x-user': 'ann' });
  expect(brief(denied)).toBe('PaymentRequired denied_by_custom');
  expect(denied.denied_response?.body).toBe('pay first');
  expect(brief(await ask(site, '/free'))).toBe('Forbidden denied_no_rule');
  expect(server.asked).toHaveLength(2);
  expect(running.logged('authz.decision').map((line) => [line['policy'], line['providers']])).toEqual([
    ['shop/users', ['opa allowed']],
    ['shop/ask', ['opa denied']],
    [undefined, undefined],
  ]);
  const metrics = await (await fetch(`${adminUrl(running)}/metrics`)).text();
  expect(metrics).toContain('sallyport_provider_answers_total{provider="opa",outcome="allow"} 1');
  expect(metrics).toContain('sallyport_provider_answers_total{provider="opa",outcome="deny"} 1');
});

test('HTTP: allow with a header, deny with a redirect', async () => {
  const server = await httpProvider(({ path, headers }, response) => {
    if (headers['cookie'] === 'session=1') {
      response.setHeader('x-user', 'ann').end();
    } else {
      response.writeHead(302, { location: `/login?to=${path}` }).end();
    }
  });
  const site = makeSite(
    settings([
      {
        name: 'oauth',
        envoyExtAuthzHttp: {
          service: '127.0.0.1',
          port: server.port,
          includeRequestHeadersInCheck: ['cookie'],
          headersToUpstreamOnAllow: ['x-user'],
        },
      },
    ]),
  );
  site.write('policies/readers.yaml', custom('ask', 'oauth', '[{}]') + ALLOW_USERS);
  await start(site);
  expect(brief(await ask(site, '/orders', { cookie: 'session=1' }))).toBe('allowed');
  const denied = await ask(site, '/orders');
  expect(brief(denied)).toBe('Found denied_by_custom');
  expect(denied.denied_response?.headers.map(({ header }) => header.value)).toContain('/login?to=/orders');
});

test('two providers: both must allow, and no answer is denied unless the settings say otherwise', async () => {
  const silent = await grpcProvider(() => undefined);
  const broken = await httpProvider((_, response) => response.writeHead(503).end());
  const good = await grpcProvider(() => ({ status: {} }));
  const slow = { service: '127.0.0.1', port: silent.port, timeout: '100ms' };
  const site = makeSite(
    settings([
      { name: 'silent', envoyExtAuthzGrpc: { ...slow, statusOnError: '503' } },
      { name: 'silent-open', envoyExtAuthzGrpc: { ...slow, failOpen: true } },
      { name: 'broken', envoyExtAuthzHttp: { service: '127.0.0.1', port: broken.port } },
      { name: 'good', envoyExtAuthzGrpc: { service: '127.0.0.1', port: good.port } },
    ]),
  );
  const at = (path: string) => `[{ to: [{ operation: { paths: [${path}] } }] }]`;
  site.write(
    'policies/readers.yaml',
    ['silent', 'silent-open', 'broken'].map((name) => custom(`ask-${name}`, name, at(`/${name}`))).join('') +
      custom('ask-good', 'good', '[{}]'),
  );
  const running = await start(site);
  expect(brief(await ask(site, '/silent'))).toBe('ServiceUnavailable provider_failed');
  expect(brief(await ask(site, '/silent-open'))).toBe('allowed');
  expect(brief(await ask(site, '/broken'))).toBe('Forbidden provider_failed');
  expect(running.logged('authz.decision').map((line) => line['providers'])).toEqual([
    ['good allowed', 'silent failed timeout'],
    ['good allowed', 'silent-open failed_open timeout'],
    ['broken failed status'],
  ]);
});

test('a provider that is not configured is an error before anything starts', async () => {
  const site = makeSite();
  site.write('policies/readers.yaml', custom('ask', 'opa', '[{}]'));
  const { diagnostics } = await checkFiles(site.settingsPath, systemClock);
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toMatchObject([
    {
      code: 'ERR_POLICY_PROVIDER',
      file: site.path('policies', 'readers.yaml'),
      line: 4,
      column: 43,
      hint: 'describe it under `extensionProviders` in the settings',
    },
  ]);
  await expect(start(site)).rejects.toMatchObject({ code: 'ERR_INVALID_FILES' });
});

test('a CUSTOM policy that is written while Sallyport runs is asked about, one with an unknown provider is refused', async () => {
  const opa = await grpcProvider(() => ({ status: { code: 7 } }));
  const site = makeSite(
    settings([{ name: 'opa', envoyExtAuthzGrpc: { service: '127.0.0.1', port: opa.port } }]),
  );
  const running = await start(site);
  expect(brief(await ask(site, '/orders'))).toBe('allowed');
  site.write('policies/custom.yaml', custom('ask', 'opa', '[{}]'));
  await expect
    .poll(async () => brief(await ask(site, '/orders')), { timeout: 15_000 })
    .toBe('Forbidden denied_by_custom');
  site.write('policies/custom.yaml', custom('ask', 'nobody', '[{}]'));
  await expect.poll(() => running.logged('config.reload_failed').length, { timeout: 15_000 }).toBe(1);
  expect(brief(await ask(site, '/orders'))).toBe('Forbidden denied_by_custom');
});
