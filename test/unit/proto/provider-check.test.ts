import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SallyportError } from '../../../src/base/index.ts';
import { type PassOn, passOnCheck, readCheckRequest } from '../../../src/proto/index.ts';
import { testDefinitions } from '../../fakes/proto-files.ts';
import { checkRequestObject } from './check-request-arbitrary.ts';

const TYPE = 'envoy.service.auth.v3.CheckRequest';

interface Decoded {
  readonly attributes: {
    readonly source: object;
    readonly request: { readonly time: object; readonly http: Readonly<Record<string, unknown>> } | null;
    readonly context_extensions: object;
    readonly tls_session: object;
    readonly metadata_context: object;
  };
}

function encode(message: object): Buffer {
  return Buffer.from(testDefinitions().encodeMessage(TYPE, message));
}

function passedOn(message: object, passOn: PassOn): Decoded {
  return testDefinitions().decodeMessage(TYPE, passOnCheck(encode(message), passOn)) as Decoded;
}

const HTTP = {
  id: '7',
  method: 'POST',
  path: '/old',
  host: 'orders.shop',
  scheme: 'https',
  size: 5,
  protocol: 'HTTP/2',
  header_map: { headers: [{ key: 'x-a', raw_value: Buffer.from('old') }] },
  raw_body: Buffer.from('old'),
};

const MESSAGE = {
  attributes: {
    source: { principal: 'spiffe://example.org/a', address: { socket_address: { address: '10.0.0.7' } } },
    request: { time: { seconds: 5 }, http: HTTP },
    context_extensions: { 'sallyport.workload': 'shop/orders', tier: 'gold' },
    tls_session: { sni: 'orders.shop' },
    metadata_context: { filter_metadata: { f: { fields: { a: { boolValue: true } } } } },
  },
};

const isPassedOn = (name: string) => !name.startsWith('sallyport.');

test('the request is written anew, everything else goes along as it came', () => {
  const http = {
    path: '/new?a=b',
    headers: [
      [':path', '/new?a=b'],
      ['x-a', 'new'],
    ] as const,
    body: Buffer.from([0x61, 0xff]),
    packAsBytes: false,
  };
  const { attributes } = passedOn(MESSAGE, { http, isPassedOn });
  const before = testDefinitions().decodeMessage(TYPE, encode(MESSAGE)) as Decoded;
  expect(attributes.source).toEqual(before.attributes.source);
  expect(attributes.tls_session).toEqual({ sni: 'orders.shop' });
  expect(attributes.metadata_context).toEqual(before.attributes.metadata_context);
  expect(attributes.context_extensions).toEqual({ tier: 'gold' });
  expect(attributes.request?.time).toEqual(before.attributes.request?.time);
  expect(attributes.request?.http).toMatchObject({
    id: '7',
    method: 'POST',
    path: '/new?a=b',
    host: 'orders.shop',
    protocol: 'HTTP/2',
    size: '5',
    headers: { ':path': '/new?a=b', 'x-a': 'new' },
    body: 'a!',
    raw_body: Buffer.alloc(0),
    header_map: null,
  });
});

test('a body may go as bytes, and none goes as nothing', () => {
  const http = { path: '/', headers: [], body: Buffer.from([0xff]), packAsBytes: true };
  const { request } = passedOn(MESSAGE, { http, isPassedOn }).attributes;
  expect(request?.http).toMatchObject({ body: '', raw_body: Buffer.from([0xff]) });
  const bare = { ...http, body: new Uint8Array() };
  expect(passedOn(MESSAGE, { http: bare, isPassedOn }).attributes.request?.http).toMatchObject({
    body: '',
    raw_body: Buffer.alloc(0),
  });
});

test('a TCP connection has no request', () => {
  const { source, tls_session } = MESSAGE.attributes;
  const { attributes } = passedOn({ attributes: { source, tls_session } }, { http: undefined, isPassedOn });
  expect(attributes.request).toBeNull();
  expect(attributes.tls_session).toEqual({ sni: 'orders.shop' });
});

test('bytes that are no message are not passed on', () => {
  const run = () => passOnCheck(Buffer.from('0aff', 'hex'), { http: undefined, isPassedOn });
  expect(run).toThrow(SallyportError);
});

test('any request reads back with what was written, and with the same ends', () => {
  const text = fc.string({ maxLength: 200 });
  fc.assert(
    fc.property(checkRequestObject(), text, fc.uint8Array({ maxLength: 300 }), (object, value, body) => {
      const bytes = encode(object);
      const before = readCheckRequest(bytes);
      if (before.kind === 'malformed' || before.request.http === undefined) {
        return;
      }
      const http = { path: value, headers: [['x-a', value] as const], body, packAsBytes: true };
      const after = readCheckRequest(passOnCheck(bytes, { http, isPassedOn: () => true }));
      expect(after.kind).toBe('request');
      if (after.kind === 'request') {
        const { http: written, ...rest } = after.request;
        const { http: _, ...same } = before.request;
        expect(rest).toEqual(same);
        expect(written?.path).toBe(value);
        expect(written?.headers.all()).toEqual([['x-a', value]]);
        expect(Buffer.from(written?.body ?? [])).toEqual(Buffer.from(body));
        expect(written?.method).toBe(before.request.http.method);
      }
    }),
    { numRuns: 300 },
  );
});
