import protobuf from 'protobufjs';

/**
 * Decodes by the letter of the encoding specification, slowly: the measure for the fast reader where
 * protobufjs itself departs from it (it replaces message fields that come twice, looks at no wire type, and
 * takes strings that are cut off). `opaque` names fields (`Type.field`) that stay bytes; `strict` looks into
 * values too that a later one replaces.
 */
export function referenceDecode(
  type: protobuf.Type,
  bytes: Uint8Array,
  opaque: (fieldName: string) => boolean,
  strict = false,
): Readonly<Record<string, unknown>> {
  const pieces = new Map<protobuf.Field, Value[]>();
  for (const { number, wireType, value } of readFields(bytes)) {
    const field = type.fieldsById[number]?.resolve();
    if (field === undefined || wireType !== wireTypeOf(field)) {
      continue;
    }
    if (strict) {
      fieldValue(type, field, [value], opaque, true);
    }
    for (const sibling of field.partOf?.fieldsArray ?? []) {
      if (sibling !== field) {
        pieces.delete(sibling);
      }
    }
    const before = pieces.get(field);
    pieces.set(field, before === undefined ? [value] : [...before, value]);
  }
  const message: Record<string, unknown> = Object.create(null);
  for (const [field, values] of pieces) {
    message[field.name] = fieldValue(type, field, values, opaque, strict);
  }
  return message;
}

type Value = bigint | Uint8Array;

function fieldValue(
  type: protobuf.Type,
  field: protobuf.Field,
  values: readonly Value[],
  opaque: (fieldName: string) => boolean,
  strict: boolean,
): unknown {
  const single = (all: readonly Value[]): unknown => {
    const last = all.at(-1) as Value;
    if (opaque(`${type.name}.${field.name}`)) {
      return last;
    }
    return field.resolvedType instanceof protobuf.Type
      ? referenceDecode(field.resolvedType, Buffer.concat(all as Uint8Array[]), opaque, strict)
      : scalar(field.type, last);
  };
  if (field instanceof protobuf.MapField) {
    if (opaque(`${type.name}.${field.name}`)) {
      return values;
    }
    const entries = values.map((entry) => {
      const inner = [...readFields(entry as Uint8Array)].filter((found) => found.wireType === 2);
      const keys = inner.filter((found) => found.number === 1).map((found) => scalar('string', found.value));
      const pieces = inner.filter((found) => found.number === 2).map((found) => found.value);
      return [keys.at(-1) ?? '', single(pieces.length === 0 ? [Buffer.alloc(0)] : pieces)] as const;
    });
    return new Map(entries);
  }
  return field.repeated ? values.map((value) => single([value])) : single(values);
}

function wireTypeOf(field: protobuf.Field): number {
  if (field instanceof protobuf.MapField || field.resolvedType instanceof protobuf.Type) {
    return 2;
  }
  return field.resolvedType instanceof protobuf.Enum ? 0 : (SCALAR_WIRE_TYPES.get(field.type) ?? 2);
}

const SCALAR_WIRE_TYPES = new Map<string, number>(Object.entries(protobuf.types.basic));

function scalar(type: string, value: Value): unknown {
  if (value instanceof Uint8Array) {
    if (type === 'string') {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value);
    }
    return value;
  }
  switch (type) {
    case 'bool':
      return value !== 0n;
    case 'double':
      return Buffer.from(BigUint64Array.of(value).buffer).readDoubleLE();
    case 'int64':
      return Number(BigInt.asIntN(64, value));
    default:
      return Number(value & 0xffffffffn);
  }
}

interface Field {
  readonly number: number;
  readonly wireType: number;
  readonly value: Value;
}

function readFields(bytes: Uint8Array): readonly Field[] {
  const source = { bytes, at: 0 };
  const fields: Field[] = [];
  while (source.at < bytes.length) {
    const field = readField(source, 0);
    if (field.wireType === 4) {
      throw new Error('end of a group that never began');
    }
    fields.push(field);
  }
  return fields;
}

interface Source {
  readonly bytes: Uint8Array;
  at: number;
}

function readField(source: Source, depth: number): Field {
  const tag = Number(readVarint(source, 5));
  const number = Math.floor(tag / 8);
  const wireType = tag % 8;
  if (number === 0 || tag > 0xffffffff || depth > 100) {
    throw new Error('bad tag');
  }
  return { number, wireType, value: readValue(source, wireType, number, depth) };
}

function readValue(source: Source, wireType: number, number: number, depth: number): Value {
  switch (wireType) {
    case 0:
      return readVarint(source, 10);
    case 1:
      return take(source, 8).reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n);
    case 2: {
      const length = readVarint(source, 5);
      if (length > 0xffffffffn) {
        throw new Error('bad length');
      }
      return take(source, Number(length));
    }
    case 3:
      for (;;) {
        const inner = readField(source, depth + 1);
        if (inner.wireType === 4) {
          if (inner.number !== number) {
            throw new Error('end of another group');
          }
          return 0n;
        }
      }
    case 4:
      return 0n;
    case 5:
      return take(source, 4);
    default:
      throw new Error('bad wire type');
  }
}

function take(source: Source, length: number): Uint8Array {
  if (source.at + length > source.bytes.length) {
    throw new Error('cut off');
  }
  source.at += length;
  return source.bytes.subarray(source.at - length, source.at);
}

function readVarint(source: Source, bytesMax: number): bigint {
  let value = 0n;
  for (let index = 0; index < bytesMax; index += 1) {
    const byte = take(source, 1)[0] ?? 0;
    value |= BigInt(byte & 0x7f) << BigInt(7 * index);
    if (byte < 0x80) {
      return value;
    }
  }
  throw new Error('varint too long');
}
