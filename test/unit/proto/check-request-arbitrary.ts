import fc from 'fast-check';

/** Objects that protobufjs encodes as a CheckRequest, names of headers and keys chosen to collide. */
export function checkRequestObject(): fc.Arbitrary<Record<string, unknown>> {
  return fc.record({ attributes: attributes() });
}

const text = (): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constantFrom('', 'GET', '/orders?x=1', 'spiffe://example.org/ns/web/sa/frontend', 'ü€😀'),
    fc.string(),
  );

const key = (): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constantFrom('x-user', 'X-User', ':path', '__proto__', 'cookie', ''),
    fc.string({ maxLength: 8 }),
  );

const textMap = (): fc.Arbitrary<Record<string, string>> => fc.dictionary(key(), text(), { maxKeys: 4 });

function address(): fc.Arbitrary<unknown> {
  return fc.oneof(
    fc.record({
      socket_address: fc.oneof(
        fc.record({ address: text(), port_value: fc.nat(65_535) }),
        fc.record({ address: text(), named_port: text(), protocol: fc.constantFrom(0, 1) }),
      ),
    }),
    fc.record({ pipe: fc.record({ path: text(), mode: fc.nat(511) }) }),
    fc.record({ envoy_internal_address: fc.record({ server_listener_name: text() }) }),
  );
}

function peer(): fc.Arbitrary<unknown> {
  return fc.record(
    { address: address(), service: text(), labels: textMap(), principal: text(), certificate: text() },
    { requiredKeys: [] },
  );
}

function value(): fc.Arbitrary<unknown> {
  return fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constant({ nullValue: 0 }),
      fc.record({ numberValue: fc.double({ noNaN: true }) }),
      fc.record({ stringValue: text() }),
      fc.record({ boolValue: fc.boolean() }),
      fc.constant({}),
      fc.record({ structValue: fc.record({ fields: fc.dictionary(key(), tie('value'), { maxKeys: 3 }) }) }),
      fc.record({ listValue: fc.record({ values: fc.array(tie('value'), { maxLength: 3 }) }) }),
    ),
  })).value;
}

function http(): fc.Arbitrary<unknown> {
  const line = fc.oneof(
    fc.record({ key: key(), value: text() }),
    fc.record({ key: key(), raw_value: fc.uint8Array({ maxLength: 12 }) }),
  );
  return fc.record(
    {
      id: text(),
      method: text(),
      headers: textMap(),
      path: text(),
      host: text(),
      scheme: text(),
      size: fc.constantFrom(-1, 0, 17),
      protocol: text(),
      body: text(),
      raw_body: fc.uint8Array({ maxLength: 20 }),
      header_map: fc.record({ headers: fc.array(line, { maxLength: 5 }) }),
    },
    { requiredKeys: [] },
  );
}

function attributes(): fc.Arbitrary<unknown> {
  return fc.record(
    {
      source: peer(),
      destination: peer(),
      request: fc.record({ time: fc.record({ seconds: fc.nat() }), http: http() }, { requiredKeys: [] }),
      context_extensions: textMap(),
      metadata_context: fc.record({
        filter_metadata: fc.dictionary(
          key(),
          fc.record({ fields: fc.dictionary(key(), value(), { maxKeys: 3 }) }),
          {
            maxKeys: 3,
          },
        ),
      }),
      tls_session: fc.record({ sni: text() }),
    },
    { requiredKeys: [] },
  );
}

/** Changes that a hostile or broken sender may make to the bytes. */
export type ByteChange = (bytes: Buffer) => Buffer;

export function byteChange(): fc.Arbitrary<ByteChange> {
  const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  const at = (bytes: Buffer, fraction: number): number => Math.floor(fraction * bytes.length);
  return fc.oneof(
    fc.tuple(place, fc.nat(255)).map(([where, byte]) => (bytes: Buffer) => {
      const changed = Buffer.from(bytes);
      if (changed.length > 0) {
        changed[at(bytes, where)] = byte;
      }
      return changed;
    }),
    place.map((where) => (bytes: Buffer) => bytes.subarray(0, at(bytes, where))),
    fc.tuple(place, fc.uint8Array({ maxLength: 12 })).map(
      ([where, extra]) =>
        (bytes: Buffer) =>
          Buffer.concat([bytes.subarray(0, at(bytes, where)), extra, bytes.subarray(at(bytes, where))]),
    ),
    fc.tuple(place, place).map(([from, to]) => (bytes: Buffer) => {
      const piece = bytes.subarray(at(bytes, Math.min(from, to)), at(bytes, Math.max(from, to)));
      return Buffer.concat([bytes, piece]);
    }),
    fc.tuple(place, place).map(
      ([from, to]) =>
        (bytes: Buffer) =>
          Buffer.concat([
            bytes.subarray(0, at(bytes, Math.min(from, to))),
            bytes.subarray(at(bytes, Math.max(from, to))),
          ]),
    ),
  );
}
