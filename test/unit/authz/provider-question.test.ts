import { describe, expect, test } from 'vitest';
import type { Provider } from '../../../src/authz/index.ts';
import { attributesOf, policy, snapshotOf } from './bed.ts';
import { allowed, provider, questionOf, verdictOn } from './custom-bed.ts';

const policies = policy('CUSTOM', '[{}]', 'ask', 'opa') + policy('CUSTOM', '[{}]', 'ask-z', 'zed');

function snapshotWith(body: Provider['body']) {
  return snapshotOf({ policies, providers: [provider('opa', { body }), provider('zed')] });
}

/** A request as Envoy sends it with the body as `raw_body`. */
function post(
  body: string,
  headers: Readonly<Record<string, string>> = {},
  protocol = 'HTTP/1.1',
  method = 'POST',
) {
  const whole = attributesOf({ method, headers }) as {
    readonly request: { readonly http: object };
  };
  const http = { ...whole.request.http, protocol, raw_body: Buffer.from(body) };
  return { method, headers, attributes: { request: { http } } };
}

const PARTIAL = 'x-envoy-auth-partial-body';
const CHUNKS_SAID_TO_BE_WHOLE = { 'transfer-encoding': 'chunked', [PARTIAL]: 'false' };

describe('the body that a provider sees', () => {
  test('is none unless the settings say so', () => {
    const { http } = questionOf(snapshotWith(undefined), post('hello', { [PARTIAL]: 'false' }));
    expect(http?.body).toHaveLength(0);
    expect(http?.headers.has(PARTIAL)).toBe(false);
  });

  test.each([
    ['at the limit', 'hello', 5, false, 'hello', 'false'],
    ['one past the limit, cut', 'hello!', 5, true, 'hello', 'true'],
  ] as const)('%s', (_, body, bytesMax, allowPartial, seen, partial) => {
    const { http } = questionOf(snapshotWith({ bytesMax, allowPartial }), post(body, { [PARTIAL]: 'false' }));
    expect(Buffer.from(http?.body ?? []).toString()).toBe(seen);
    expect(http?.headers.get(PARTIAL)).toEqual([partial]);
  });

  test.each([
    ['one past the limit', 'hello!', 'false'],
    ['cut by Envoy already', 'hel', 'true'],
    ['cut or not, who knows', 'hel', 'maybe'],
  ])('%s: denied with 413, failOpen or not', (_, body, partial) => {
    const providers = [provider('opa', { body: { bytesMax: 5, allowPartial: false }, failOpen: true })];
    const snapshot = snapshotOf({ policies, providers });
    const { reply, record } = verdictOn(snapshot, post(body, { [PARTIAL]: partial }));
    expect(reply.denied_response?.status.code).toBe('PayloadTooLarge');
    expect(record).toMatchObject({ reason: 'body_too_large', providers: ['opa not_asked'] });
  });

  test.each([
    ['a length', { 'content-length': '3' }, 'HTTP/1.1'],
    ['chunks', { 'transfer-encoding': 'chunked' }, 'HTTP/1.1'],
    ['chunks, and what a client says in the name of Envoy', CHUNKS_SAID_TO_BE_WHOLE, 'HTTP/1.1'],
    ['nothing that says so, as HTTP/2 allows', {}, 'HTTP/2'],
    ['nothing that says so, in a version nobody told', {}, ''],
  ])('that Envoy kept from us is not taken for an empty one: %s', (_, headers, protocol) => {
    const snapshot = snapshotWith({ bytesMax: 5, allowPartial: true });
    expect(verdictOn(snapshot, post('', headers, protocol)).reason).toBe('body_missing');
  });

  test('that is empty is seen so', () => {
    const snapshot = snapshotWith({ bytesMax: 5, allowPartial: true });
    const empty = [post('', {}), post('', { 'content-length': '0' }, 'HTTP/2')];
    for (const request of [...empty, post('', {}, 'HTTP/2', 'GET')]) {
      expect(questionOf(snapshot, request).http?.body).toHaveLength(0);
    }
  });

  test('that came as text is the same', () => {
    const given = post('', { 'content-length': '5' });
    const http = { ...given.attributes.request.http, body: 'hello', raw_body: undefined };
    const request = { ...given, attributes: { request: { http } } };
    const question = questionOf(snapshotWith({ bytesMax: 5, allowPartial: false }), request);
    expect(Buffer.from(question.http?.body ?? []).toString()).toBe('hello');
  });
});

describe('the request that a provider sees', () => {
  const snapshot = snapshotWith(undefined);
  const request = { path: '/orders?a=1', headers: { 'X-Team': ['a', 'b'], cookie: 'c=d' } };

  test('is whole', () => {
    const { http } = questionOf(snapshot, request);
    expect(http).toMatchObject({ method: 'GET', path: '/orders?a=1', host: 'orders.shop' });
    expect([...(http?.headers ?? [])]).toEqual([
      [':method', ['GET']],
      [':path', ['/orders?a=1']],
      [':authority', ['orders.shop']],
      [':scheme', ['https']],
      ['x-team', ['a', 'b']],
      ['cookie', ['c=d']],
    ]);
  });

  test('is spelled as the workload gets it: what is decoded could say something else', () => {
    const answer = allowed({ setQueryParameters: [{ name: 'user', value: 'ann' }] });
    const { http } = questionOf(snapshot, { path: '/orders?x=%26role%3Dadmin&%75ser=eve' }, { opa: answer });
    expect(http?.path).toBe('/orders?user=ann&x=%26role%3Dadmin');
    expect(http?.headers.get(':path')).toEqual([http?.path]);
  });

  test('is as those before left it', () => {
    const answer = allowed({
      headers: [
        { name: 'x-team', value: 'c', action: 'append' },
        { name: 'x-new', value: '1', action: 'overwrite' },
        { name: 'x-new', value: '2', action: 'append' },
      ],
      removeHeaders: ['cookie'],
      setQueryParameters: [{ name: 'a', value: '2' }],
    });
    const { http } = questionOf(snapshot, request, { opa: answer });
    expect(http?.path).toBe('/orders?a=2');
    expect(http?.headers.get(':path')).toEqual(['/orders?a=2']);
    expect(http?.headers.get('x-team')).toEqual(['a', 'b', 'c']);
    expect(http?.headers.get('x-new')).toEqual(['1', '2']);
    expect(http?.headers.has('cookie')).toBe(false);
  });

  test('and so does the reply, in which the last of two counts', () => {
    const first = allowed({
      headers: [{ name: 'x-a', value: '1', action: 'overwrite' }],
      removeHeaders: ['x-b'],
      setQueryParameters: [{ name: 'p', value: '1' }],
    });
    const second = allowed({
      headers: [{ name: 'x-b', value: '2', action: 'overwrite' }],
      removeHeaders: ['x-a'],
      removeQueryParameters: ['p'],
    });
    const { reply } = verdictOn(snapshot, request, { opa: first, zed: second });
    expect(reply.ok_response?.headers.map(({ header }) => header.key)).toEqual(['x-b']);
    expect(reply.ok_response?.headers_to_remove).toEqual(['x-a']);
    expect(reply.ok_response?.query_parameters_to_remove).toEqual(['p']);
  });
});
