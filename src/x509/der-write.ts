import forge from 'node-forge';
import { readOuter } from './der.ts';

const { asn1 } = forge;
const { Class, Type } = asn1;

/** A value on its way to DER; `toDer` makes the bytes. */
export type DerValue = forge.asn1.Asn1;

export function toDer(value: DerValue): Uint8Array {
  return new Uint8Array(Buffer.from(asn1.toDer(value).getBytes(), 'latin1'));
}

export function sequence(items: readonly DerValue[]): DerValue {
  return asn1.create(Class.UNIVERSAL, Type.SEQUENCE, true, [...items]);
}

/** Sorted as DER wants a set. */
export function set(items: readonly DerValue[]): DerValue {
  const sorted = items
    .map((item) => ({ item, der: toDer(item) }))
    .sort((a, b) => Buffer.compare(a.der, b.der))
    .map(({ item }) => item);
  return asn1.create(Class.UNIVERSAL, Type.SET, true, sorted);
}

/** `[number] EXPLICIT`, or any constructed value of the context class. */
export function context(number: number, items: readonly DerValue[]): DerValue {
  return asn1.create(Class.CONTEXT_SPECIFIC, number, true, [...items]);
}

/** `[number] IMPLICIT` of a primitive value. */
export function contextPrimitive(number: number, content: Uint8Array): DerValue {
  return asn1.create(Class.CONTEXT_SPECIFIC, number, false, binary(content));
}

export function boolean(value: boolean): DerValue {
  return asn1.create(Class.UNIVERSAL, Type.BOOLEAN, false, value ? '\xff' : '\x00');
}

/** A non-negative integer from its big-endian bytes. */
export function unsignedInteger(bytes: Uint8Array): DerValue {
  const start = bytes.findIndex((byte) => byte !== 0);
  const minimal = start < 0 ? Uint8Array.of(0) : bytes.subarray(start);
  const content = (minimal[0] ?? 0) >= 0x80 ? Uint8Array.of(0, ...minimal) : minimal;
  return asn1.create(Class.UNIVERSAL, Type.INTEGER, false, binary(content));
}

export function bitString(bytes: Uint8Array, unusedBits = 0): DerValue {
  return asn1.create(Class.UNIVERSAL, Type.BITSTRING, false, binary(Uint8Array.of(unusedBits, ...bytes)));
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
  return asn1.create(Class.UNIVERSAL, Type.OCTETSTRING, false, binary(bytes));
}

export function oid(dotted: string): DerValue {
  return asn1.create(Class.UNIVERSAL, Type.OID, false, asn1.oidToDer(dotted).getBytes());
}

export function utf8String(text: string): DerValue {
  return asn1.create(Class.UNIVERSAL, Type.UTF8, false, Buffer.from(text, 'utf8').toString('latin1'));
}

export function printableString(text: string): DerValue {
  return asn1.create(Class.UNIVERSAL, Type.PRINTABLESTRING, false, text);
}

/** UTCTime up to 2049, GeneralizedTime from 2050 on. RFC 5280 section 4.1.2.5. */
export function time(seconds: number): DerValue {
  const date = new Date(seconds * 1000);
  return date.getUTCFullYear() < 2050
    ? asn1.create(Class.UNIVERSAL, Type.UTCTIME, false, asn1.dateToUtcTime(date))
    : asn1.create(Class.UNIVERSAL, Type.GENERALIZEDTIME, false, asn1.dateToGeneralizedTime(date));
}

/** A value that is DER already, which is not checked here. */
export function encoded(der: Uint8Array): DerValue {
  const { tag, content } = readOuter(der);
  return asn1.create(tag & 0xc0, tag & 0x3f, false, binary(content));
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
