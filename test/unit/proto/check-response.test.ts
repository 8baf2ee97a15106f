import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CheckReply, type StructValue, writeCheckResponse } from '../../../src/proto/index.ts';
import { testDefinitions } from '../../fakes/proto-files.ts';
import { protoStruct } from '../../fakes/proto-struct.ts';

function decode(bytes: Buffer): unknown {
  return testDefinitions().decodeMessage('envoy.service.auth.v3.CheckResponse', bytes);
}

describe('bytes on the wire', () => {
  test('an allow that changes nothing is not empty', () => {
    const bytes = writeCheckResponse({
      kind: 'ok',
      setHeaders: [],
      removeHeaders: [],
      removeQueryParameters: [],
      setQueryParameters: [],
      responseHeaders: [],
      metadata: {},
    });
    expect(bytes.toString('hex')).toBe('0a00' + '1a00' + '2200');
  });

  test('a header to set says both append=false and OVERWRITE_IF_EXISTS_OR_ADD', () => {
    const bytes = writeCheckResponse({
      kind: 'ok',
      setHeaders: [{ name: 'x-user', value: 'ann' }],
      removeHeaders: ['x-team'],
      removeQueryParameters: ['access_token'],
      setQueryParameters: [{ name: 'a', value: 'b' }],
      responseHeaders: [],
      metadata: {},
    });
    const header = `0a0d${'0a06'}${Buffer.from('x-user').toString('hex')}${'1203'}${Buffer.from('ann').toString('hex')}`;
    const option = `1213${header}${'1200'}${'1802'}`;
    const remove = `2a06${Buffer.from('x-team').toString('hex')}`;
    const query = `420c${Buffer.from('access_token').toString('hex')}`;
    const set = '3a06' + '0a0161' + '120162';
    expect(bytes.toString('hex')).toBe(`0a00${'1a33'}${option}${remove}${set}${query}2200`);
  });

  test.each([
    ['append', '12020801'],
    ['addIfAbsent', '1801'],
    ['overwrite', '12001802'],
    ['overwriteIfExists', '1803'],
  ] as const)('a header of the answer says what becomes of one that is there: %s', (action, hex) => {
    const bytes = writeCheckResponse({
      kind: 'ok',
      setHeaders: [],
      removeHeaders: [],
      removeQueryParameters: [],
      setQueryParameters: [],
      responseHeaders: [{ name: 'a', value: 'b', action }],
      metadata: {},
    });
    expect(bytes.toString('hex')).toContain(`0a06${'0a0161'}${'120162'}${hex}`);
  });

  test('a denial has a status code that is not 0', () => {
    const bytes = writeCheckResponse({
      kind: 'denied',
      code: 7,
      message: 'denied_no_rule',
      httpStatus: 403,
      headers: [{ name: 'x-sallyport-reason', value: 'denied_no_rule' }],
      body: 'RBAC: access denied',
      metadata: { reason: 'denied_no_rule', rule: 2 },
    });
    expect(decode(bytes)).toMatchObject({
      status: { code: 7, message: 'denied_no_rule' },
      http_response: 'denied_response',
      denied_response: {
        status: { code: 'Forbidden' },
        headers: [
          {
            header: { key: 'x-sallyport-reason', value: 'denied_no_rule' },
            append: { value: false },
            append_action: 'OVERWRITE_IF_EXISTS_OR_ADD',
          },
        ],
        body: 'RBAC: access denied',
      },
      dynamic_metadata: { fields: { reason: { stringValue: 'denied_no_rule' }, rule: { numberValue: 2 } } },
    });
  });

  test('no verdict is an error_response', () => {
    const bytes = writeCheckResponse({
      kind: 'error',
      code: 14,
      message: 'cannot_decide',
      httpStatus: 503,
      headers: [],
      body: '',
      metadata: {},
    });
    expect(decode(bytes)).toMatchObject({
      status: { code: 14 },
      http_response: 'error_response',
      error_response: { status: { code: 'ServiceUnavailable' } },
    });
  });
});

const ACTIONS = ['append', 'addIfAbsent', 'overwrite', 'overwriteIfExists'] as const;

describe('any reply', () => {
  const text = fc.oneof(fc.string(), fc.string({ unit: 'binary', maxLength: 300 }));
  const headers = fc.array(fc.record({ name: text, value: text }), { maxLength: 4 });
  const value = fc.letrec<{ value: StructValue }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom<StructValue>(null, true, false),
      fc.double({ noNaN: true }),
      text,
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(text, tie('value'), { maxKeys: 3, noNullPrototype: true }),
    ),
  })).value;
  const metadata = fc.dictionary(text, value, { maxKeys: 3, noNullPrototype: true });
  const reply: fc.Arbitrary<CheckReply> = fc.oneof(
    fc.record({
      kind: fc.constant('ok' as const),
      setHeaders: headers,
      removeHeaders: fc.array(text, { maxLength: 3 }),
      removeQueryParameters: fc.array(text, { maxLength: 3 }),
      setQueryParameters: headers,
      responseHeaders: fc.array(fc.record({ name: text, value: text, action: fc.constantFrom(...ACTIONS) }), {
        maxLength: 4,
      }),
      metadata,
    }),
    fc.record({
      kind: fc.constantFrom('denied' as const, 'error' as const),
      code: fc.constantFrom(7 as const, 14 as const, 16 as const),
      message: text,
      httpStatus: fc.constantFrom(401, 403, 503),
      headers,
      body: fc.oneof(
        text,
        fc.nat(5000).map((length) => 'ü'.repeat(length)),
      ),
      metadata,
    }),
  );

  test('reads back as written, and only an allow has code 0', () => {
    fc.assert(
      fc.property(reply, (given) => {
        const bytes = writeCheckResponse(given);
        const again = decode(bytes) as { status: { code: number } };
        expect(again).toEqual(decode(viaProtobufjs(given)));
        expect(again.status.code === 0).toBe(given.kind === 'ok');
        expect(bytes.length).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
  });
});

/** The same reply encoded by protobufjs. */
function viaProtobufjs(reply: CheckReply): Buffer {
  const options = (
    headers: readonly { name: string; value: string; action?: (typeof ACTIONS)[number] }[],
  ): readonly object[] =>
    headers.map(({ name, value, action = 'overwrite' }) => ({
      header: { key: name, value },
      ...(action === 'append' || action === 'overwrite' ? { append: { value: action === 'append' } } : {}),
      append_action: ACTIONS.indexOf(action),
      keep_empty_value: value === '',
    }));
  const shared = { dynamic_metadata: protoStruct(reply.metadata) };
  const message =
    reply.kind === 'ok'
      ? {
          ...shared,
          status: {},
          ok_response: {
            headers: options(reply.setHeaders),
            headers_to_remove: reply.removeHeaders,
            query_parameters_to_remove: reply.removeQueryParameters,
            query_parameters_to_set: reply.setQueryParameters.map(({ name, value }) => ({
              key: name,
              value,
            })),
            response_headers_to_add: options(reply.responseHeaders),
          },
        }
      : {
          ...shared,
          status: { code: reply.code, message: reply.message },
          [`${reply.kind}_response`]: {
            status: { code: reply.httpStatus },
            headers: options(reply.headers),
            body: reply.body,
          },
        };
  return Buffer.from(testDefinitions().encodeMessage('envoy.service.auth.v3.CheckResponse', message));
}
