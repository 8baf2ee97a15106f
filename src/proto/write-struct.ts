import type { StructObject, StructValue } from './struct-value.ts';
import type { WireWriter } from './wire-writer.ts';

/** The google.protobuf.Struct in `field`; entries keep the order of the object. */
export function writeStruct(writer: WireWriter, field: number, object: StructObject): void {
  const mark = writer.open();
  for (const [key, value] of Object.entries(object).reverse()) {
    const entry = writer.open();
    writeValue(writer, 2, value);
    writer.string(1, key);
    writer.close(1, entry);
  }
  writer.close(field, mark);
}

function writeValue(writer: WireWriter, field: number, value: StructValue): void {
  const mark = writer.open();
  if (value === null) {
    writer.unsigned(1, 0);
  } else if (typeof value === 'number') {
    writer.double(2, value);
  } else if (typeof value === 'string') {
    writer.string(3, value);
  } else if (typeof value === 'boolean') {
    writer.unsigned(4, value ? 1 : 0);
  } else if (isList(value)) {
    const list = writer.open();
    for (const item of [...value].reverse()) {
      writeValue(writer, 1, item);
    }
    writer.close(6, list);
  } else {
    writeStruct(writer, 5, value);
  }
  writer.close(field, mark);
}

function isList(value: StructObject | readonly StructValue[]): value is readonly StructValue[] {
  return Array.isArray(value);
}
