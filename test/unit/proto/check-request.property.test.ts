import fc from 'fast-check';
import protobuf from 'protobufjs';
import { describe, expect, test } from 'vitest';
import { type CheckRequest, readCheckRequest, type StructObject } from '../../../src/proto/index.ts';
import { protoFiles, testDefinitions } from '../../fakes/proto-files.ts';
import { byteChange, checkRequestObject } from './check-request-arbitrary.ts';
import { referenceDecode } from './reference-decoder.ts';

const TYPE = 'envoy.service.auth.v3.CheckRequest';
const type = loadType();

/** Fields that the reader passes over, or whose text it makes only on demand and then mends. */
const OPAQUE = new Set([
  'Request.time',
  'AttributeContext.route_metadata_context',
  'Metadata.typed_filter_metadata',
  'Address.pipe',
  'Address.envoy_internal_address',
  'SocketAddress.named_port',
  'SocketAddress.resolver_name',
  'HttpRequest.id',
  'HttpRequest.query',
  'HttpRequest.fragment',
  'HttpRequest.body',
  'HttpRequest.headers',
  'HeaderValue.key',
  'HeaderValue.value',
  'HeaderValue.raw_value',
]);

describe('the reader of CheckRequest', () => {
  test('agrees with the reference on what protobufjs encodes, and takes all of it', () => {
    fc.assert(
      fc.property(checkRequestObject(), (object) => {
        const bytes = encode(object);
        const expected = expectedReading(bytes);
        expect(expected).not.toBe('malformed');
        expect(actualReading(bytes)).toEqual(expected);
      }),
      { numRuns: 400 },
    );
  });

  test('agrees with the reference on messages put together and changed bytes', () => {
    let taken = 0;
    let refused = 0;
    fc.assert(
      fc.property(
        fc.array(checkRequestObject(), { minLength: 1, maxLength: 2 }),
        fc.array(byteChange(), { maxLength: 3 }),
        (objects, changes) => {
          const whole = Buffer.concat(objects.map(encode));
          const bytes = changes.reduce<Buffer>((changed, change) => change(changed), whole);
          const expected = expectedReading(bytes);
          const actual = actualReading(bytes);
          if (actual !== 'malformed' || expectedReading(bytes, true) !== 'malformed') {
            expect(actual).toEqual(expected);
          }
          taken += expected === 'malformed' ? 0 : 1;
          refused += expected === 'malformed' ? 1 : 0;
        },
      ),
      { numRuns: 1500 },
    );
    expect(taken).toBeGreaterThan(100);
    expect(refused).toBeGreaterThan(100);
  });

  // Found by the property above with seed 374410620, whose expectation had no word for it.
  test.each([
    ['a tag of field 0', [0x00]],
    ['the end of a group', [0x0c]],
    ['a wire type that is none', [0x07]],
    ['a length past its end', [0x0a, 0x05, 0x61]],
  ])('refuses a header entry that holds %s', (_, entry) => {
    const wrapped = (field: number, bytes: readonly number[]): readonly number[] => [
      (field << 3) | 2,
      bytes.length,
      ...bytes,
    ];
    const bytes = Buffer.from(wrapped(1, wrapped(4, wrapped(2, wrapped(3, entry)))));
    expect(expectedReading(bytes)).toBe('malformed');
    expect(actualReading(bytes)).toBe('malformed');
  });

  test('says something about any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const strict = expectedReading(Buffer.from(bytes), true);
        expect([strict, expectedReading(Buffer.from(bytes))]).toContainEqual(
          actualReading(Buffer.from(bytes)),
        );
      }),
      { numRuns: 1000 },
    );
  });
});

test('the reference agrees with protobufjs', () => {
  const definitions = testDefinitions();
  fc.assert(
    fc.property(checkRequestObject(), (object) => {
      const bytes = encode(object);
      const mine = referenceDecode(type, bytes, () => false);
      const plain = type.fromObject(toProtobufjs(mine) as Record<string, unknown>);
      expect(definitions.decodeMessage(TYPE, type.encode(plain).finish())).toEqual(
        definitions.decodeMessage(TYPE, bytes),
      );
    }),
    { numRuns: 200 },
  );
});

function encode(object: Record<string, unknown>): Buffer {
  return Buffer.from(testDefinitions().encodeMessage(TYPE, object));
}

function actualReading(bytes: Buffer): unknown {
  const reading = readCheckRequest(bytes);
  if (reading.kind === 'malformed') {
    return 'malformed';
  }
  const { http, filterMetadata, ...rest }: CheckRequest = reading.request;
  return {
    ...rest,
    filterMetadata: new Map([...filterMetadata].map(([name, value]) => [name, plainValue(value)])),
    http: http && {
      ...http,
      body: Buffer.from(http.body).toString('hex'),
      headers: { encoding: http.headers.encoding, all: sorted(http.headers.all()) },
    },
  };
}

type Loose = Readonly<Record<string, unknown>>;

/** What the reader should say, from the reference's reading; also a header entry that breaks spoils the whole. */
function expectedReading(bytes: Buffer, strict = false): unknown {
  try {
    return readingOf(referenceDecode(type, bytes, (name) => OPAQUE.has(name), strict));
  } catch {
    return 'malformed';
  }
}

function readingOf(message: Loose): unknown {
  const attributes = message['attributes'] as Loose | undefined;
  if (attributes === undefined) {
    return 'malformed';
  }
  const request = attributes['request'] as Loose | undefined;
  const metadata = (attributes['metadata_context'] as Loose | undefined)?.['filter_metadata'];
  return {
    source: expectedPeer(attributes['source']),
    destination: expectedPeer(attributes['destination']),
    http: expectedHttp(request?.['http']),
    contextExtensions: attributes['context_extensions'] ?? new Map(),
    serverName: serverNameOf(attributes['tls_session'] as Loose | null | undefined),
    filterMetadata: new Map(
      [...((metadata ?? new Map()) as Map<string, Loose>)].map(([name, struct]) => [
        name,
        structValue(struct),
      ]),
    ),
  };
}

/** A session without a name says that there is none. */
function serverNameOf(session: Loose | null | undefined): unknown {
  return session === null || session === undefined ? undefined : (session['sni'] ?? '');
}

function expectedPeer(given: unknown): unknown {
  const peer = given as Loose | undefined;
  const socket = (peer?.['address'] as Loose | undefined)?.['socket_address'] as Loose | undefined;
  return (
    peer && {
      address: socket && { address: socket['address'] ?? '', port: socket['port_value'] },
      service: peer['service'] ?? '',
      labels: peer['labels'] ?? new Map(),
      principal: peer['principal'] ?? '',
      certificate: peer['certificate'] ?? '',
    }
  );
}

function expectedHttp(given: unknown): unknown {
  const http = given as Loose | undefined;
  if (http === undefined) {
    return undefined;
  }
  const entries = (http['headers'] ?? []) as readonly Uint8Array[];
  const map = new Map(
    entries.map((entry) => {
      const { key, value } = headerParts(entry);
      return [key.toString('latin1'), [lower(key.toString('latin1')), mended(value)] as const];
    }),
  );
  const headerMap = http['header_map'] as Loose | undefined;
  const lines = ((headerMap?.['headers'] ?? []) as readonly Loose[]).map((line) => {
    const bytesOf = (name: string): Buffer => Buffer.from((line[name] ?? []) as Uint8Array);
    const value = bytesOf('raw_value').length > 0 ? bytesOf('raw_value') : bytesOf('value');
    return [lower(bytesOf('key').toString('latin1')), mended(value)] as const;
  });
  const encoding =
    headerMap === undefined ? (map.size > 0 ? 'map' : 'none') : map.size > 0 ? 'both' : 'lines';
  const [body, raw] = [http['body'], http['raw_body']].map((bytes) =>
    Buffer.from((bytes ?? []) as Uint8Array).toString('hex'),
  );
  return {
    body: raw || body,
    method: http['method'] ?? '',
    path: http['path'] ?? '',
    host: http['host'] ?? '',
    scheme: http['scheme'] ?? '',
    protocol: http['protocol'] ?? '',
    headers: { encoding, all: sorted(headerMap === undefined ? [...map.values()] : lines) },
  };
}

const ENTRY = new protobuf.Type('Entry')
  .add(new protobuf.Field('key', 1, 'bytes'))
  .add(new protobuf.Field('value', 2, 'bytes'));

function headerParts(entry: Uint8Array): { readonly key: Buffer; readonly value: Buffer } {
  const { key, value } = referenceDecode(ENTRY, entry, () => false);
  return { key: Buffer.from((key ?? []) as Uint8Array), value: Buffer.from((value ?? []) as Uint8Array) };
}

/** Envoy's `!` for each byte that is no UTF-8, found by trying every length at every place. */
function mended(value: Buffer): string {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let text = '';
  for (let at = 0; at < value.length; ) {
    const fits = [1, 2, 3, 4].find((length) => {
      try {
        return at + length <= value.length && decoder.decode(value.subarray(at, at + length)) !== '';
      } catch {
        return false;
      }
    });
    text += fits === undefined ? '!' : value.toString('utf8', at, at + fits);
    at += fits ?? 1;
  }
  return text;
}

function structValue(given: Loose): unknown {
  const fields = (given['fields'] ?? new Map()) as Map<string, Loose>;
  return new Map([...fields].map(([key, value]) => [key, valueText(value)]));
}

function valueText(value: Loose): unknown {
  if (value['structValue'] !== undefined) {
    return structValue(value['structValue'] as Loose);
  }
  if (value['listValue'] !== undefined) {
    return (((value['listValue'] as Loose)['values'] ?? []) as readonly Loose[]).map(valueText);
  }
  return value['numberValue'] ?? value['stringValue'] ?? value['boolValue'] ?? null;
}

/** Objects as Maps, so that names like `__proto__` are compared too. */
function plainValue(value: StructObject[string]): unknown {
  if (Array.isArray(value)) {
    return value.map(plainValue);
  }
  return typeof value === 'object' && value !== null
    ? new Map(Object.entries(value).map(([key, inner]) => [key, plainValue(inner)]))
    : value;
}

/** Maps to objects, for protobufjs. */
function toProtobufjs(value: unknown): unknown {
  if (value instanceof Map) {
    const object: Record<string, unknown> = {};
    for (const [key, inner] of value) {
      Object.defineProperty(object, key, { value: toProtobufjs(inner), enumerable: true });
    }
    return object;
  }
  if (Array.isArray(value)) {
    return value.map(toProtobufjs);
  }
  return typeof value === 'object' && value !== null && !(value instanceof Uint8Array)
    ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, toProtobufjs(inner)]))
    : value;
}

function lower(name: string): string {
  return [...name].map((letter) => (/[A-Z]/.test(letter) ? letter.toLowerCase() : letter)).join('');
}

function sorted(headers: readonly (readonly [string, string])[]): readonly string[] {
  return headers.map(([name, value]) => JSON.stringify([name, value])).sort();
}

function loadType(): protobuf.Type {
  const root = new protobuf.Root();
  const texts = [...protoFiles().values()];
  for (const text of texts) {
    protobuf.parse(text, root, { keepCase: true });
  }
  for (const path of ['any', 'struct', 'timestamp', 'wrappers', 'duration']) {
    root.addJSON(protobuf.common.get(`google/protobuf/${path}.proto`)?.nested ?? {});
  }
  root.resolveAll();
  return root.lookupType(TYPE);
}
