import { expect, test } from 'vitest';
import { LIMITS } from '../../../src/base/index.ts';
import { readProviderReply } from '../../../src/proto/index.ts';
import { testDefinitions } from '../../fakes/proto-files.ts';

function read(message: object): ReturnType<typeof readProviderReply> {
  return readProviderReply(testDefinitions().encodeMessage('envoy.service.auth.v3.CheckResponse', message));
}

const header = (more: object = {}) => ({ header: { key: 'X-A', value: 'b' }, ...more });

test('an allowance with everything it may bring', () => {
  const reply = read({
    status: { code: 0 },
    ok_response: {
      headers: [header({ append: { value: true } })],
      headers_to_remove: ['x-b'],
      response_headers_to_add: [header({ append_action: 1 })],
      query_parameters_to_set: [{ key: 'k', value: 'v' }],
      query_parameters_to_remove: ['q'],
    },
    dynamic_metadata: { fields: { user: { stringValue: 'ann' } } },
  });
  expect(reply).toEqual({
    kind: 'ok',
    headers: [{ name: 'X-A', value: 'b', action: 'append' }],
    removeHeaders: ['x-b'],
    responseHeaders: [{ name: 'X-A', value: 'b', action: 'addIfAbsent' }],
    setQueryParameters: [{ name: 'k', value: 'v' }],
    removeQueryParameters: ['q'],
    metadata: { user: 'ann' },
  });
});

test.each([
  ['says nothing', {}, 'overwrite'],
  ['says append', { append: { value: true }, append_action: 2 }, 'append'],
  ['says not to append', { append: { value: false } }, 'overwrite'],
  ['says to add where there is none', { append_action: 1 }, 'overwrite'],
  ['says to overwrite or add', { append_action: 2 }, 'overwrite'],
  ['says to overwrite alone', { append_action: 3 }, 'overwrite'],
])('a header that %s', (_, more, action) => {
  const reply = read({ status: {}, ok_response: { headers: [header(more)] } });
  expect(reply).toMatchObject({ kind: 'ok', headers: [{ action }] });
});

test('a raw value counts before a value', () => {
  const headers = [{ header: { key: 'a', value: 'b', raw_value: Buffer.from('c') } }];
  expect(read({ status: {}, ok_response: { headers } })).toMatchObject({ headers: [{ value: 'c' }] });
});

test('a denial with and without its own words', () => {
  expect(
    read({
      status: { code: 7 },
      denied_response: { status: { code: 302 }, headers: [header()], body: 'go away' },
    }),
  ).toEqual({
    kind: 'denied',
    httpStatus: 302,
    headers: [{ name: 'X-A', value: 'b', action: 'overwrite' }],
    body: 'go away',
    metadata: {},
  });
  const bare = { kind: 'denied', httpStatus: undefined, headers: [], body: '', metadata: {} };
  expect(read({ status: { code: 16 } })).toEqual(bare);
  expect(read({ status: { code: -1 } })).toEqual(bare);
  expect(read({ status: { code: 7 }, ok_response: { headers: [header()] } })).toEqual(bare);
});

test('an error is no verdict', () => {
  expect(read({ status: { code: 14 }, error_response: { status: { code: 503 } } })).toEqual({
    kind: 'error',
    httpStatus: 503,
  });
});

test.each([
  ['nothing at all', {}],
  ['metadata alone', { dynamic_metadata: { fields: {} } }],
  ['a denial beside the code 0', { status: { code: 0 }, denied_response: { body: 'no' } }],
  ['a denial without a status', { denied_response: { body: 'no' } }],
  ['an error beside the code 0', { status: {}, error_response: {} }],
  ['an action that does not exist', { status: {}, ok_response: { headers: [header({ append_action: 9 })] } }],
])('%s is no answer', (_, message) => {
  expect(read(message)).toBeUndefined();
});

test('an allowance needs a status or a word', () => {
  expect(read({ status: {} })?.kind).toBe('ok');
  expect(read({ ok_response: {} })?.kind).toBe('ok');
});

test('bytes that are no message are no answer', () => {
  for (const hex of ['ff', '0aff', '1a0412020a01', '0a020801ff']) {
    expect(readProviderReply(Buffer.from(hex, 'hex'))).toBeUndefined();
  }
});

test('as many headers as the limit allows, and one more', () => {
  const headers = (count: number) => Array.from({ length: count }, () => header());
  const { providerReplyHeaders: max } = LIMITS;
  expect(read({ status: {}, ok_response: { headers: headers(max) } })?.kind).toBe('ok');
  expect(read({ status: {}, ok_response: { headers: headers(max + 1) } })).toBeUndefined();
  expect(read({ status: { code: 7 }, denied_response: { headers: headers(max + 1) } })).toBeUndefined();
});
