import forge from 'node-forge';

const { asn1 } = forge;

/** A value on its way to DER: its tag and the pieces of its content in order, written by `toDer`. */
export interface DerValue {
  /** Undefined when the pieces are DER already. */
  readonly tag: number | undefined;
  readonly pieces: readonly (Uint8Array | DerValue)[];
  readonly contentLength: number;
  /** Tag and length of the content included. */
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
  write(value, bytes, 0);
  return bytes;
}

function write({ tag, pieces, contentLength }: DerValue, bytes: Uint8Array, start: number): void {
  let at = tag === undefined ? start : writeHead(tag, contentLength, bytes, start);
  for (const piece of pieces) {
    if (piece instanceof Uint8Array) {
      bytes.set(piece, at);
    } else {
      write(piece, bytes, at);
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
  let value = TIMES.get(seconds);
  if (value === undefined) {
    value = newTime(seconds);
    if (TIMES.size === TIMES_MAX) {
      TIMES.clear();
    }
    TIMES.set(seconds, value);
  }
  return value;
}

/** What is issued in one second has the same few dates. */
const TIMES = new Map<number, DerValue>();
const TIMES_MAX = 100;

function newTime(seconds: number): DerValue {
  const date = new Date(seconds * 1000);
  return date.getUTCFullYear() < 2050
    ? primitive(TAGS.utcTime, Buffer.from(asn1.dateToUtcTime(date), 'latin1'))
    : primitive(TAGS.generalizedTime, Buffer.from(asn1.dateToGeneralizedTime(date), 'latin1'));
}

/** A value that is DER already, which is not checked here. */
export function encoded(der: Uint8Array): DerValue {
  return { tag: undefined, pieces: [der], contentLength: der.length, length: der.length };
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
  return tagged(tag, [content], content.length);
}

function constructed(tag: number, items: readonly DerValue[]): DerValue {
  let contentLength = 0;
  for (const { length } of items) {
    contentLength += length;
  }
  return tagged(tag, items, contentLength);
}

function tagged(tag: number, pieces: DerValue['pieces'], contentLength: number): DerValue {
  return { tag, pieces, contentLength, length: 2 + lengthOctets(contentLength) + contentLength };
}

/** How many octets follow the first one of a length in its shortest form. X.690 sections 8.1.3 and 10.1. */
function lengthOctets(length: number): number {
  return length < 0x80 ? 0 : length < 0x100 ? 1 : length < 0x10000 ? 2 : 3;
}

/** Tag and length; returns where the content starts. */
function writeHead(tag: number, length: number, bytes: Uint8Array, start: number): number {
  const more = lengthOctets(length);
  bytes[start] = tag;
  bytes[start + 1] = more === 0 ? length : 0x80 | more;
  for (let index = 0; index < more; index += 1) {
    bytes[start + 2 + index] = (length >> (8 * (more - 1 - index))) & 0xff;
  }
  return start + 2 + more;
}

function prefixed(first: number, rest: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(rest.length + 1);
  bytes[0] = first;
  bytes.set(rest, 1);
  return bytes;
}
