import * as grpc from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../../src/base/index.ts';
import { opensslCa } from '../../fakes/openssl-ca.ts';
import { bench, caFileOf, NOBODY } from './bed.ts';
import { grpcProvider } from './servers.ts';

const OK = { status: { code: 0 } };
const GRPC = 'envoyExtAuthzGrpc';

describe('a provider over gRPC', () => {
  test('sees the request, and nothing that is meant for us', async () => {
    const server = await grpcProvider(() => OK);
    const { ask, log } = await bench(GRPC, server.port, {
      includeRequestBodyInCheck: { maxRequestBytes: 10 },
    });
    expect((await ask({ body: Buffer.from('hello') })).kind).toBe('allow');
    const { source, context_extensions, request } = server.asked[0]?.attributes ?? {};
    expect(source?.principal).toBe('spiffe://example.org/ns/web/sa/frontend');
    expect(context_extensions).toEqual({ tier: 'gold' });
    expect(request?.http).toMatchObject({ method: 'GET', path: '/orders?a=1', body: 'hello' });
    expect(request?.http?.headers).toMatchObject({ 'x-team': 'a,b', authorization: 'Bearer t' });
    expect(server.authorities).toEqual(['127.0.0.1']);
    expect(log.named('provider.answered')).toMatchObject([
      { level: 'debug', fields: { provider: 'p', outcome: 'allow' } },
    ]);
  });

  test('is asked about connections too, and takes bodies as bytes where it wants to', async () => {
    const server = await grpcProvider(() => OK);
    const { ask } = await bench(GRPC, server.port, {
      includeRequestBodyInCheck: { maxRequestBytes: 10, packAsBytes: true },
    });
    await ask('tcp');
    await ask({ body: Buffer.from([0xff]) });
    expect(server.asked[0]?.attributes.request?.http ?? null).toBeNull();
    expect(server.asked[1]?.attributes.request?.http?.raw_body).toEqual(Buffer.from([0xff]));
  });

  test('changes a request', async () => {
    const headers = [{ header: { key: 'X-User', value: 'ann' } }];
    const server = await grpcProvider(() => ({
      ...OK,
      ok_response: { headers, headers_to_remove: ['x-b'] },
    }));
    const { ask } = await bench(GRPC, server.port);
    expect(await ask()).toMatchObject({
      kind: 'allow',
      mutations: {
        headers: [{ name: 'x-user', value: 'ann', action: 'overwrite' }],
        removeHeaders: ['x-b'],
      },
    });
  });

  test('denies in its own words', async () => {
    const server = await grpcProvider(() => ({
      status: { code: 7 },
      denied_response: {
        status: { code: 302 },
        headers: ['a=1', 'b=2'].map((value) => ({ header: { key: 'set-cookie', value } })),
        body: 'log in',
      },
    }));
    const { ask } = await bench(GRPC, server.port);
    expect(await ask()).toEqual({
      kind: 'deny',
      httpStatus: 302,
      headers: [
        { name: 'set-cookie', value: 'a=1' },
        { name: 'set-cookie', value: 'b=2' },
      ],
      body: 'log in',
      metadata: {},
    });
  });
});

describe('no verdict over gRPC', () => {
  test.each([
    ['an error of the service', () => grpc.status.INTERNAL, 'status'],
    ['a service that is not there', () => grpc.status.UNAVAILABLE, 'unreachable'],
    ['no answer in time', () => undefined, 'timeout'],
    ['an error_response', () => ({ status: { code: 14 }, error_response: {} }), 'status'],
    ['nothing at all', () => ({}), 'reply'],
    ['a denial that says OK', () => ({ ...OK, denied_response: {} }), 'reply'],
    ['a header that cannot be sent', () => withHeader('x-a', 'b\r\nx: y'), 'reply'],
    ['a parameter with a space', () => withParameter('a b'), 'reply'],
    ['a parameter with a line end', () => withParameter('a\r\nx: y'), 'reply'],
    ['a parameter with a fragment', () => withParameter('a#b'), 'reply'],
    ['a pseudo header', () => withHeader(':path', '/admin'), 'reply'],
    ['the host', () => withHeader('Host', 'x'), 'reply'],
    ['a header that frames the body', () => withHeader('Content-Length', '0'), 'reply'],
    ['an answer over the limit', () => withHeader('x-a', 'b'.repeat(LIMITS.providerReplyBytes)), 'reply'],
  ])('%s', async (_, answer, failure) => {
    const server = await grpcProvider(answer);
    const { ask, log } = await bench(GRPC, server.port);
    expect(await ask({}, 300)).toMatchObject({ kind: 'failed', failure });
    expect(log.named('provider.answered')).toMatchObject([{ level: 'warn', fields: { outcome: failure } }]);
    expect(JSON.stringify(log.all, errorsToo)).not.toContain('secret details');
  });

  test('an answer just under the limit is taken', async () => {
    const server = await grpcProvider(() => withHeader('x-a', 'b'.repeat(LIMITS.providerReplyBytes - 100)));
    const { ask } = await bench(GRPC, server.port);
    expect((await ask()).kind).toBe('allow');
  });

  test('nobody listens: known by its code', async () => {
    const { ask } = await bench(GRPC, NOBODY);
    expect(await ask()).toMatchObject({
      failure: 'unreachable',
      cause: { code: 'ERR_PROVIDER_UNREACHABLE', message: 'the provider cannot be reached (ECONNREFUSED)' },
    });
  });

  test('a service that goes and comes back is found again', async () => {
    const first = await grpcProvider(() => OK);
    const { ask } = await bench(GRPC, first.port);
    expect((await ask()).kind).toBe('allow');
    first.stop();
    await expect.poll(async () => (await ask()).kind).toBe('failed');
    await grpcProvider(() => OK, undefined, first.port);
    await expect.poll(async () => (await ask()).kind, { timeout: 10_000 }).toBe('allow');
  });

  test('more questions than may be open fail at once', async () => {
    const server = await grpcProvider(() => undefined);
    const { ask, providers } = await bench(GRPC, server.port);
    const open = Array.from({ length: LIMITS.providerCalls }, () => ask('tcp'));
    expect(await ask('tcp')).toMatchObject({ kind: 'failed', failure: 'busy' });
    providers.stop();
    server.stop();
    expect((await Promise.all(open)).every(({ kind }) => kind === 'failed')).toBe(true);
    expect(await ask('tcp')).not.toMatchObject({ failure: 'busy' });
  });
});

describe('TLS over gRPC', () => {
  const ca = opensslCa('provider');

  test('a certificate of the CA for the name is believed, another is not', async () => {
    const caFile = caFileOf(ca);
    const good = await grpcProvider(() => OK, ca.issue('DNS:authz.example.org'));
    const tls = { caFile, serverName: 'authz.example.org' };
    expect((await (await bench(GRPC, good.port, { tls })).ask()).kind).toBe('allow');
    expect(good.authorities).toEqual(['authz.example.org']);
    const otherName = { caFile, serverName: 'other.example.org' };
    const other = await (await bench(GRPC, good.port, { tls: otherName })).ask({}, 1000);
    expect(other).toMatchObject({ kind: 'failed' });
    const strange = await grpcProvider(() => OK, opensslCa('stranger').issue('DNS:authz.example.org'));
    expect(await (await bench(GRPC, strange.port, { tls })).ask({}, 1000)).toMatchObject({ kind: 'failed' });
    expect(strange.asked).toEqual([]);
  });

  test('a CA file that is none is told at start', async () => {
    await expect(bench(GRPC, NOBODY, { tls: { caFile: '/nowhere/ca.pem' } })).rejects.toMatchObject({
      code: 'ERR_PROVIDER_CA',
    });
    await expect(bench(GRPC, NOBODY, { tls: { caFile: 'package.json' } })).rejects.toMatchObject({
      code: 'ERR_PROVIDER_CA',
    });
  });
});

function withParameter(value: string): object {
  return { status: { code: 0 }, ok_response: { query_parameters_to_set: [{ key: 'a', value }] } };
}

function withHeader(key: string, value: string): object {
  return { ...OK, ok_response: { headers: [{ header: { key, value } }] } };
}

function errorsToo(_: string, value: unknown): unknown {
  return value instanceof Error ? { message: value.message, cause: value.cause } : value;
}
