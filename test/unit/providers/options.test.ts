import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../../src/base/index.ts';
import { loadSettings } from '../../../src/config/index.ts';
import { matchesAny } from '../../../src/providers/header-pattern.ts';
import { extensionProvidersOption } from '../../../src/providers/options.ts';

const GRPC = { service: 'opa.example.org', port: 9191 };

function parse(...providers: readonly object[]) {
  return extensionProvidersOption.safeParse(providers);
}

function messages(...providers: readonly object[]): readonly string[] {
  const { error } = parse(...providers);
  return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

test('defaults deny', () => {
  expect(parse({ name: 'opa', envoyExtAuthzGrpc: GRPC }).data).toEqual([
    {
      name: 'opa',
      envoyExtAuthzGrpc: {
        ...GRPC,
        timeout: { millis: 5000, seconds: 5 },
        failOpen: false,
        statusOnError: 403,
      },
    },
  ]);
});

test('everything that Istio lets one write for HTTP', () => {
  const [one] =
    parse({
      name: 'oauth',
      envoyExtAuthzHttp: {
        service: 'auth/oauth.auth.svc.cluster.local',
        port: 4180,
        timeout: '600s',
        failOpen: true,
        statusOnError: '503',
        includeRequestBodyInCheck: { maxRequestBytes: 8192, allowPartialMessage: true, packAsBytes: true },
        pathPrefix: '/check',
        includeRequestHeadersInCheck: ['cookie', 'x-*', '*-id'],
        includeAdditionalHeadersInCheck: { 'x-from': 'here' },
        headersToUpstreamOnAllow: ['x-user'],
        headersToDownstreamOnAllow: ['set-cookie'],
        headersToDownstreamOnDeny: ['content-type'],
      },
    }).data ?? [];
  expect(one?.envoyExtAuthzHttp).toMatchObject({ statusOnError: 503, failOpen: true, pathPrefix: '/check' });
  const patterns = one?.envoyExtAuthzHttp?.includeRequestHeadersInCheck ?? [];
  const matches = (name: string) => patterns.map((pattern) => matchesAny([pattern], name));
  expect(matches('cookie')).toEqual([true, false, false]);
  expect(matches('x-request-id')).toEqual([false, true, true]);
  expect(matches('cookies')).toEqual([false, false, false]);
});

describe('refused are', () => {
  const grpc = (changes: object) => ({ name: 'opa', envoyExtAuthzGrpc: { ...GRPC, ...changes } });
  const http = (changes: object) => ({ name: 'opa', envoyExtAuthzHttp: { ...GRPC, ...changes } });

  test.each([
    ['no protocol', { name: 'opa' }, ''],
    ['two protocols', { ...grpc({}), ...http({}) }, ''],
    ['a name that is no label', { ...grpc({}), name: 'Opa.x' }, 'name'],
    ['a host that is none', grpc({ service: 'http://opa' }), 'envoyExtAuthzGrpc.service'],
    ['an empty host', grpc({ service: '' }), 'envoyExtAuthzGrpc.service'],
    ['port 0', grpc({ port: 0 }), 'envoyExtAuthzGrpc.port'],
    ['port 65536', grpc({ port: 65_536 }), 'envoyExtAuthzGrpc.port'],
    ['no time at all', grpc({ timeout: '0s' }), 'envoyExtAuthzGrpc.timeout'],
    ['more than ten minutes', grpc({ timeout: '601s' }), 'envoyExtAuthzGrpc.timeout'],
    ['a status that allows', grpc({ statusOnError: 200 }), 'envoyExtAuthzGrpc.statusOnError'],
    ['a status that is none', grpc({ statusOnError: '5xx' }), 'envoyExtAuthzGrpc.statusOnError'],
    [
      'no bytes',
      grpc({ includeRequestBodyInCheck: { maxRequestBytes: 0 } }),
      'envoyExtAuthzGrpc.includeRequestBodyInCheck.maxRequestBytes',
    ],
    [
      'more bytes than arrive',
      grpc({ includeRequestBodyInCheck: { maxRequestBytes: LIMITS.checkRequestBytes + 1 } }),
      'envoyExtAuthzGrpc.includeRequestBodyInCheck.maxRequestBytes',
    ],
    ['a path without a slash', http({ pathPrefix: 'x' }), 'envoyExtAuthzHttp.pathPrefix'],
    [
      'a star alone',
      http({ headersToUpstreamOnAllow: ['*'] }),
      'envoyExtAuthzHttp.headersToUpstreamOnAllow.0',
    ],
    [
      'two stars',
      http({ headersToUpstreamOnAllow: ['*a*'] }),
      'envoyExtAuthzHttp.headersToUpstreamOnAllow.0',
    ],
    [
      'a pseudo header',
      http({ includeRequestHeadersInCheck: [':path'] }),
      'envoyExtAuthzHttp.includeRequestHeadersInCheck.0',
    ],
    [
      'a value with a line end',
      http({ includeAdditionalHeadersInCheck: { a: 'b\r\nc: d' } }),
      'envoyExtAuthzHttp.includeAdditionalHeadersInCheck.a',
    ],
    ['a field of HTTP for gRPC', grpc({ pathPrefix: '/x' }), 'envoyExtAuthzGrpc'],
  ])('%s', (_, provider, path) => {
    const { error } = parse(provider);
    expect(error?.issues.map((issue) => issue.path.join('.'))).toEqual([path === '' ? '0' : `0.${path}`]);
  });

  test('the same name twice', () => {
    expect(messages(grpc({}), http({}))).toEqual(['1.name: another provider is named `opa`']);
  });

  test('one more than the limit', () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ ...grpc({}), name: `p${index}` }));
    expect(messages(...many(LIMITS.extensionProviders))).toEqual([]);
    expect(messages(...many(LIMITS.extensionProviders + 1))).toHaveLength(1);
  });
});

test('in a settings file: the CA file is seen from its folder, and values of headers are in no message', () => {
  const text = (value: string) => `trustDomain: example.org
listeners: { authz: [{ address: "127.0.0.1:9191" }] }
policies: [p]
extensionProviders:
  - name: oauth
    envoyExtAuthzHttp:
      service: 127.0.0.1
      port: 1
      tls: { caFile: ca.pem }
      includeAdditionalHeadersInCheck: { x-key: "${value}" }
  - { name: opa, envoyExtAuthzGrpc: { service: "::1", port: 1, tls: {} } }
`;
  const good = loadSettings({ path: '/etc/sallyport/sallyport.yaml', text: text('k') });
  expect(good.value?.extensionProviders[0]?.envoyExtAuthzHttp?.tls?.caFile).toBe('/etc/sallyport/ca.pem');
  expect(good.value?.extensionProviders[1]?.envoyExtAuthzGrpc?.tls).toEqual({});
  expect(structuredClone(good.value?.extensionProviders)).toEqual(good.value?.extensionProviders);
  const bad = loadSettings({ path: '/etc/sallyport/sallyport.yaml', text: text('hush\\u0000') });
  expect(bad.diagnostics.map(({ code, line }) => [code, line])).toEqual([['ERR_MANIFEST_SHAPE', 10]]);
  expect(JSON.stringify(bad.diagnostics)).not.toContain('hush');
});
