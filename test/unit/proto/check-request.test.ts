import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../../src/base/index.ts';
import { type CheckRequest, readCheckRequest } from '../../../src/proto/index.ts';
import { testDefinitions } from '../../fakes/proto-files.ts';

function encode(attributes: object): Buffer {
  return Buffer.from(testDefinitions().encodeMessage('envoy.service.auth.v3.CheckRequest', { attributes }));
}

function hex(...parts: readonly string[]): Buffer {
  return Buffer.from(parts.join('').replaceAll(' ', ''), 'hex');
}

/** A length-delimited field around what is inside. */
function field(number: number, inner: Buffer | string): Buffer {
  const content = Buffer.from(inner);
  return Buffer.concat([Buffer.from([(number << 3) | 2, content.length]), content]);
}

function read(bytes: Buffer): CheckRequest {
  const reading = readCheckRequest(bytes);
  if (reading.kind === 'malformed') {
    throw new Error(`malformed: ${reading.fault}`);
  }
  return reading.request;
}

function faultOf(bytes: Buffer): string {
  const reading = readCheckRequest(bytes);
  return reading.kind === 'malformed' ? reading.fault : 'none';
}

describe('a request as Envoy sends it', () => {
  const request = read(
    encode({
      source: {
        principal: 'spiffe://example.org/ns/web/sa/frontend',
        address: { socket_address: { address: '10.0.0.7', port_value: 41_234 } },
      },
      destination: {
        principal: 'spiffe://example.org/ns/shop/sa/orders',
        address: { socket_address: { address: '10.0.0.8', port_value: 8080 } },
        labels: { app: 'orders' },
      },
      request: {
        time: { seconds: 5, nanos: 7 },
        http: {
          id: '17',
          method: 'GET',
          headers: { ':path': '/orders?x=1', 'x-user': 'a,b', __proto__: 'own' },
          path: '/orders?x=1',
          host: 'orders.shop',
          scheme: 'https',
          size: -1,
          protocol: 'HTTP/2',
        },
      },
      context_extensions: { 'sallyport.workload': 'shop/orders' },
      metadata_context: {
        filter_metadata: {
          'envoy.filters.http.x': {
            fields: {
              list: {
                listValue: { values: [{ stringValue: 'a' }, { numberValue: 1.5 }, { boolValue: true }] },
              },
              none: { nullValue: 0 },
            },
          },
        },
      },
      tls_session: { sni: 'Orders.Shop' },
    }),
  );

  test('peers', () => {
    expect(request.source).toEqual({
      address: { address: '10.0.0.7', port: 41_234 },
      service: '',
      labels: new Map(),
      principal: 'spiffe://example.org/ns/web/sa/frontend',
      certificate: '',
    });
    expect(request.destination?.labels).toEqual(new Map([['app', 'orders']]));
    expect(request.destination?.address?.port).toBe(8080);
  });

  test('http', () => {
    expect(request.http).toMatchObject({
      method: 'GET',
      path: '/orders?x=1',
      host: 'orders.shop',
      scheme: 'https',
    });
    expect(request.http?.headers.encoding).toBe('map');
    expect(request.http?.headers.lines('x-user')).toEqual(['a,b']);
    expect(request.http?.headers.lines('x-none')).toBeUndefined();
    expect(request.http?.headers.lines('x-use')).toBeUndefined();
  });

  test('the rest', () => {
    expect(request.contextExtensions.get('sallyport.workload')).toBe('shop/orders');
    expect(request.serverName).toBe('Orders.Shop');
    expect({ ...request.filterMetadata.get('envoy.filters.http.x') }).toEqual({
      list: ['a', 1.5, true],
      none: null,
    });
  });
});

describe('headers', () => {
  test('the same request line by line has the same values', () => {
    const http = read(
      encode({
        request: {
          http: {
            header_map: {
              headers: [
                { key: 'x-role', raw_value: Buffer.from('user') },
                { key: 'X-Role', raw_value: Buffer.from('admin') },
                { key: 'x-old', value: 'text' },
              ],
            },
          },
        },
      }),
    ).http;
    expect(http?.headers.encoding).toBe('lines');
    expect(http?.headers.lines('x-role')).toEqual(['user', 'admin']);
    expect(http?.headers.lines('x-old')).toEqual(['text']);
  });

  test('both encodings are seen as both', () => {
    const both = encode({
      request: { http: { headers: { a: 'b' }, header_map: { headers: [{ key: 'a', value: 'c' }] } } },
    });
    expect(read(both).http?.headers.encoding).toBe('both');
  });

  test('bytes that are no UTF-8 read as Envoy writes them', () => {
    const value = hex('61 ff c3a9 c3 e282ac e282');
    const bytes = encode({
      request: { http: { header_map: { headers: [{ key: 'a', raw_value: value }] } } },
    });
    expect(read(bytes).http?.headers.lines('a')).toEqual(['a!é!€!!']);
  });

  test(`${LIMITS.headerLines} lines are read, one more is too many`, () => {
    const lines = (count: number): Buffer =>
      encode({
        request: {
          http: { header_map: { headers: Array.from({ length: count }, () => ({ key: 'a', value: 'b' })) } },
        },
      });
    expect(read(lines(LIMITS.headerLines)).http?.headers.lines('a')).toHaveLength(LIMITS.headerLines);
    expect(faultOf(lines(LIMITS.headerLines + 1))).toBe('limit');
  });
});

describe('the rules of the encoding', () => {
  const peer = (inner: Buffer): Buffer => field(1, field(1, inner));

  test('a message field that comes twice is merged, a scalar that comes twice is the last', () => {
    const bytes = Buffer.concat([
      peer(Buffer.concat([field(4, 'first'), field(3, Buffer.concat([field(1, 'a'), field(2, '1')]))])),
      peer(Buffer.concat([field(4, 'last'), field(3, Buffer.concat([field(1, 'b'), field(2, '2')]))])),
    ]);
    const source = read(bytes).source;
    expect(source?.principal).toBe('last');
    expect([...(source?.labels ?? [])]).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
  });

  test('a header key that comes twice in the map is the last', () => {
    const entry = (value: string): Buffer => field(3, Buffer.concat([field(1, 'x-role'), field(2, value)]));
    const bytes = field(1, field(4, field(2, Buffer.concat([entry('user'), entry('admin')]))));
    expect(read(bytes).http?.headers.lines('x-role')).toEqual(['admin']);
  });

  test('unknown fields of every kind are passed over', () => {
    const unknown = hex(
      'f80701', // field 127, varint
      'f907 0102030405060708', // 64 bits
      'fa07 03 616263', // bytes
      'fd07 01020304', // 32 bits
      'fb07 0a0161 0b0c fc07', // a group with a field and a group inside
      'f807 ffffffffffffffffff01', // a varint of ten bytes
    );
    const bytes = Buffer.concat([
      unknown,
      field(1, Buffer.concat([unknown, field(1, field(4, 'me')), unknown])),
    ]);
    expect(read(bytes).source?.principal).toBe('me');
  });

  test('a known field of another wire type is unknown', () => {
    const bytes = field(1, field(1, Buffer.concat([field(4, 'me'), hex('2005')])));
    expect(read(bytes).source?.principal).toBe('me');
  });

  test.each([
    ['nothing', '', 'empty'],
    ['no attributes', '12 01 61', 'empty'],
    ['a length past the end', '0a 05 61', 'truncated'],
    ['a tag alone', '0a', 'truncated'],
    ['an inner length past its message', '0a 02 0a 05', 'truncated'],
    ['a length of 4 GiB', '0a ffffffff0f', 'truncated'],
    ['a length of more than 32 bits', '0a ffffffff1f', 'overlong'],
    ['a length of six bytes', '0a 808080808000', 'overlong'],
    ['field number 0', '02 00', 'tag'],
    ['wire type 6', '0e 00', 'tag'],
    ['wire type 7', '0f 00', 'tag'],
    ['a varint of eleven bytes', '10 ffffffffffffffffffff01', 'overlong'],
    ['a group that does not end', '13 08 01', 'truncated'],
    ['a group that ends as another', '13 1c', 'group'],
    ['an end without a group', '14', 'group'],
    ['a principal that is no UTF-8', '0a 05 0a 03 22 01 ff', 'utf8'],
  ])('%s: %s is %s', (_, text, fault) => {
    expect(faultOf(hex(text))).toBe(fault);
  });

  test('groups and values nested too deep are refused, not followed', () => {
    expect(faultOf(Buffer.concat([Buffer.alloc(50_000, 0x13), Buffer.alloc(50_000, 0x14)]))).toBe('depth');
    let value: Buffer = Buffer.from([0x08, 0]);
    for (let depth = 0; depth < 3000; depth += 1) {
      value = nest(0x32, nest(0x0a, value));
    }
    const metadata = nest(
      0x0a,
      Buffer.concat([
        field(1, 'f'),
        nest(0x12, nest(0x0a, Buffer.concat([field(1, 'k'), nest(0x12, value)]))),
      ]),
    );
    expect(faultOf(nest(0x0a, nest(0x5a, metadata)))).toBe('depth');
  });

  test('every cut of a good message is read or refused', () => {
    const whole = encode({ source: { principal: 'p' }, request: { http: { method: 'GET', path: '/' } } });
    for (let end = 0; end < whole.length; end += 1) {
      expect(['truncated', 'empty']).toContain(faultOf(whole.subarray(0, end)));
    }
  });
});

test('a message at the size limit is read, one byte more is refused', () => {
  const body = (length: number): Buffer =>
    encode({ request: { http: { path: '/', body: 'x'.repeat(length) } } });
  const overhead = body(LIMITS.checkRequestBytes - 100).length - (LIMITS.checkRequestBytes - 100);
  expect(read(body(LIMITS.checkRequestBytes - overhead)).http?.path).toBe('/');
  expect(faultOf(body(LIMITS.checkRequestBytes - overhead + 1))).toBe('limit');
});

function nest(tag: number, inner: Buffer): Buffer {
  const length: number[] = [];
  for (let rest = inner.length; ; rest >>>= 7) {
    length.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    if (rest <= 0x7f) {
      break;
    }
  }
  return Buffer.concat([Buffer.from([tag, ...length]), inner]);
}
