import forge from 'node-forge';

const { asn1 } = forge;

/** A value in DER already: its pieces in order, some of them in pieces themselves, joined by `toDer`. */
export interface DerValue {
  readonly pieces: readonly (Uint8Array | DerValue)[];
  readonly length: number;
}

const TAGS = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
  context: 0x80,
  contextConstructed: 0xa0,
} as const;

export function toDer(value: DerValue): Uint8Array {
  const bytes = new Uint8Array(value.length);
  join(value, bytes, 0);
  return bytes;
}

function join({ pieces }: DerValue, bytes: Uint8Array, start: number): void {
  let at = start;
  for (const piece of pieces) {
    if (piece instanceof Uint8Array) {
      bytes.set(piece, at);
    } else {
      join(piece, bytes, at);
    }
    at += piece.length;
  }
}

export function sequence(items: readonly DerValue[]): DerValue {
  return constructed(TAGS.sequence, items);
}

/** Sorted as DER wants a set. */
export function set(items: readonly DerValue[]): DerValue {
  const sorted = items
    .map((item) => ({ item, der: toDer(item) }))
    .sort((a, b) => Buffer.compare(a.der, b.der))
    .map(({ item }) => item);
  return constructed(TAGS.set, sorted);
}

/** `[number] EXPLICIT`, or any constructed value of the context class. */
export function context(number: number, items: readonly DerValue[]): DerValue {
  return constructed(TAGS.contextConstructed | number, items);
}

/** `[number] IMPLICIT` of a primitive value. */
export function contextPrimitive(number: number, content: Uint8Array): DerValue {
  return primitive(TAGS.context | number, content);
}

export function boolean(value: boolean): DerValue {
  return primitive(TAGS.boolean, Uint8Array.of(value ? 0xff : 0x00));
}

/** A non-negative integer from its big-endian bytes. */
export function unsignedInteger(bytes: Uint8Array): DerValue {
  const start = bytes.findIndex((byte) => byte !== 0);
  const minimal = start < 0 ? Uint8Array.of(0) : bytes.subarray(start);
  return primitive(TAGS.integer, (minimal[0] ?? 0) >= 0x80 ? prefixed(0, minimal) : minimal);
}

export function bitString(bytes: Uint8Array, unusedBits = 0): DerValue {
  return primitive(TAGS.bitString, prefixed(unusedBits, bytes));
}

/** The bits with these numbers, trailing zero bits left off. */
export function namedBits(bits: readonly number[]): DerValue {
  const last = Math.max(...bits);
  const bytes = new Uint8Array(Math.floor(last / 8) + 1);
  for (const bit of bits) {
    const at = Math.floor(bit / 8);
    bytes[at] = (bytes[at] ?? 0) | (0x80 >> (bit % 8));
  }
  return bitString(bytes, 7 - (last % 8));
}

export function octetString(bytes: Uint8Array): DerValue {
  return primitive(TAGS.octetString, bytes);
}

export function oid(dotted: string): DerValue {
  let value = OIDS.get(dotted);
  if (value === undefined) {
    value = primitive(TAGS.oid, Buffer.from(asn1.oidToDer(dotted).getBytes(), 'latin1'));
    if (OIDS.size < OIDS_MAX) {
      OIDS.set(dotted, value);
    }
  }
  return value;
}

/** Only what our own code writes comes here, which is few. */
const OIDS = new Map<string, DerValue>();
const OIDS_MAX = 100;

export function utf8String(text: string): DerValue {
  return primitive(TAGS.utf8String, Buffer.from(text, 'utf8'));
}

export function printableString(text: string): DerValue {
  return primitive(TAGS.printableString, Buffer.from(text, 'latin1'));
}

/** UTCTime up to 2049, GeneralizedTime from 2050 on. RFC 5280 section 4.1.2.5. */
export function time(seconds: number): DerValue {
  const date = new Date(seconds * 1000);
  return date.getUTCFullYear() < 2050
    ? primitive(TAGS.utcTime, Buffer.from(asn1.dateToUtcTime(date), 'latin1'))
    : primitive(TAGS.generalizedTime, Buffer.from(asn1.dateToGeneralizedTime(date), 'latin1'));
}

/** A value that is DER already, which is not checked here. */
export function encoded(der: Uint8Array): DerValue {
  return { pieces: [der], length: der.length };
}

/** Whether forge's own reader and writer, independent of ours, bring out the same bytes again. */
export function encodesTheSame(der: Uint8Array): boolean {
  const input = binary(der);
  try {
    const value = asn1.fromDer(forge.util.createBuffer(input, 'raw'), true);
    return asn1.toDer(value).getBytes() === input;
  } catch {
    return false;
  }
}

function binary(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

function primitive(tag: number, content: Uint8Array): DerValue {
  const head = headOf(tag, content.length);
  return { pieces: [head, content], length: head.length + content.length };
}

function constructed(tag: number, items: readonly DerValue[]): DerValue {
  const contentLength = items.reduce((sum, { length }) => sum + length, 0);
  const head = headOf(tag, contentLength);
  return { pieces: [head, ...items], length: head.length + contentLength };
}

/** Tag and length, in the shortest form that there is. X.690 sections 8.1.2 and 10.1. */
function headOf(tag: number, length: number): Uint8Array {
  if (length < 0x80) {
    return Uint8Array.of(tag, length);
  }
  if (length < 0x100) {
    return Uint8Array.of(tag, 0x81, length);
  }
  if (length < 0x10000) {
    return Uint8Array.of(tag, 0x82, length >> 8, length & 0xff);
  }
  return Uint8Array.of(tag, 0x83, length >> 16, (length >> 8) & 0xff, length & 0xff);
}

function prefixed(first: number, rest: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(rest.length + 1);
  bytes[0] = first;
  bytes.set(rest, 1);
  return bytes;
}
