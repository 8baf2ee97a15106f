import type { StructObject, StructValue } from './struct-value.ts';
import { WIRE_DEPTH_MAX, type WireCursor } from './wire-cursor.ts';

/** A place of a message in the bytes: start and end. */
export type Span = readonly [start: number, end: number];

/**
 * The google.protobuf.Struct whose pieces lie in `spans` (a message field that is sent twice is merged, so its
 * bytes may lie in several places). A fault stays in the cursor.
 */
export function readStruct(cursor: WireCursor, spans: readonly Span[], depth = 0): StructObject {
  const fields: Record<string, StructValue> = Object.create(null);
  if (depth > WIRE_DEPTH_MAX) {
    cursor.fail('depth');
    return fields;
  }
  for (const [start, end] of spans) {
    cursor.position = start;
    while (cursor.more(end)) {
      const tag = cursor.tag(end);
      if (tag === 0x0a) {
        const stop = cursor.enter(end);
        readField(cursor, stop, depth, fields);
        cursor.position = stop;
      } else {
        cursor.skip(tag, end);
      }
    }
  }
  return fields;
}

function readField(
  cursor: WireCursor,
  end: number,
  depth: number,
  fields: Record<string, StructValue>,
): void {
  let key = '';
  const values: Span[] = [];
  while (cursor.more(end)) {
    const tag = cursor.tag(end);
    if (tag === 0x0a) {
      key = cursor.string(end);
    } else if (tag === 0x12) {
      values.push(span(cursor, end));
    } else {
      cursor.skip(tag, end);
    }
  }
  fields[key] = readValue(cursor, values, depth);
}

/** Passes over a length-delimited value and says where it is. */
export function span(cursor: WireCursor, end: number): Span {
  const stop = cursor.enter(end);
  const start = cursor.position;
  cursor.position = stop;
  return [start, stop];
}

/** The last member of the oneof counts; a struct or a list that directly follows one of its kind is merged. */
function readValue(cursor: WireCursor, spans: readonly Span[], depth: number): StructValue {
  let value: StructValue = null;
  let kind = 0;
  let nested: Span[] = [];
  for (const [start, end] of spans) {
    cursor.position = start;
    while (cursor.more(end)) {
      const tag = cursor.tag(end);
      switch (tag) {
        case 0x08:
          cursor.varint(end);
          value = null;
          break;
        case 0x11:
          value = cursor.double(end);
          break;
        case 0x1a:
          value = cursor.string(end);
          break;
        case 0x20:
          value = cursor.bool(end);
          break;
        case 0x2a:
        case 0x32:
          nested = kind === tag ? nested : [];
          nested.push(span(cursor, end));
          break;
        default:
          cursor.skip(tag, end);
          continue;
      }
      kind = tag;
    }
  }
  if (kind === 0x2a) {
    return readStruct(cursor, nested, depth + 1);
  }
  return kind === 0x32 ? readList(cursor, nested, depth + 1) : value;
}

function readList(cursor: WireCursor, spans: readonly Span[], depth: number): readonly StructValue[] {
  if (depth > WIRE_DEPTH_MAX) {
    cursor.fail('depth');
    return [];
  }
  const values: StructValue[] = [];
  for (const [start, end] of spans) {
    cursor.position = start;
    while (cursor.more(end)) {
      const tag = cursor.tag(end);
      if (tag === 0x0a) {
        const item = span(cursor, end);
        values.push(readValue(cursor, [item], depth));
        cursor.position = item[1];
      } else {
        cursor.skip(tag, end);
      }
    }
  }
  return values;
}
