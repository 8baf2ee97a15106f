import { type DerNode, derError, readOuter, TAG } from './der-read.ts';
import { oid, toDer } from './der-write.ts';
import { OID } from './oids.ts';

/** Walks the children of a constructed value in order. */
export interface DerFields {
  /** The next child, which must have this tag. */
  take(tag: number): DerNode;
  /** The next child, whatever its tag. */
  takeAny(): DerNode;
  /** The next child when it has this tag. */
  takeIf(tag: number): DerNode | undefined;
  /** Demands that every child was taken. */
  end(): void;
}

/** The children of `node`, which must have this tag. */
export function fieldsOf(node: DerNode, tag: number): DerFields {
  return new Fields(expectTag(node, tag).children);
}

export function expectTag(node: DerNode, tag: number): DerNode {
  if (node.tag !== tag) {
    throw derError(`tag 0x${node.tag.toString(16)} stands where 0x${tag.toString(16)} belongs`);
  }
  return node;
}

export function readBoolean(node: DerNode): boolean {
  return expectTag(node, TAG.boolean).content[0] === 0xff;
}

/** A non-negative integer below 2^31. */
export function readSmallInteger(node: DerNode): number {
  const { content } = expectTag(node, TAG.integer);
  if (content.length > 4 || (content[0] ?? 0) >= 0x80) {
    throw derError('an integer is out of range');
  }
  return content.reduce((value, byte) => value * 256 + byte, 0);
}

/** Dotted decimal. */
export function readOid(node: DerNode): string {
  const { content } = expectTag(node, TAG.oid);
  for (const known of KNOWN_OIDS) {
    if (isSame(known.content, content)) {
      return known.text;
    }
  }
  return newOid(node);
}

/** For a few bytes a loop takes less than a call out of the language. */
function isSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) {
    return false;
  }
  for (let at = a.length - 1; at >= 0; at -= 1) {
    if (a[at] !== b[at]) {
      return false;
    }
  }
  return true;
}

/** Those that stand in nearly every certificate. */
const KNOWN_OIDS = Object.values(OID).map((text) => ({ text, content: readOuter(toDer(oid(text))).content }));

function newOid(node: DerNode): string {
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of node.content) {
    arc = arc * 128 + (byte & 0x7f);
    if (arc > Number.MAX_SAFE_INTEGER / 128) {
      return readLongOid(node);
    }
    if (byte < 0x80) {
      arcs.push(arc);
      arc = 0;
    }
  }
  const first = arcs[0] ?? 0;
  const top = Math.min(2, Math.floor(first / 40));
  return [top, first - top * 40, ...arcs.slice(1)].join('.');
}

/** One with numbers past what a double holds, such as those made from a UUID under 2.25. */
function readLongOid({ content }: DerNode): string {
  const arcs: bigint[] = [];
  let arc = 0n;
  for (const byte of content) {
    arc = (arc << 7n) | BigInt(byte & 0x7f);
    if (byte < 0x80) {
      arcs.push(arc);
      arc = 0n;
    }
  }
  const first = arcs[0] ?? 0n;
  const top = first < 80n ? first / 40n : 2n;
  return [top, first - top * 40n, ...arcs.slice(1)].join('.');
}

/** The bytes of a bit string that has a whole number of bytes. */
export function readBitStringBytes(node: DerNode): Uint8Array {
  const { content } = expectTag(node, TAG.bitString);
  if (content[0] !== 0) {
    throw derError('a bit string is no whole number of bytes');
  }
  return content.subarray(1);
}

/** The numbers of the bits that are set in a named bit list, whose trailing zero bits are left off. */
export function readNamedBits(node: DerNode): readonly number[] {
  const { content } = expectTag(node, TAG.bitString);
  const bits: number[] = [];
  for (const [index, byte] of content.subarray(1).entries()) {
    for (let bit = 0; bit < 8; bit += 1) {
      if ((byte & (0x80 >> bit)) !== 0) {
        bits.push(index * 8 + bit);
      }
    }
  }
  const last = (content.length - 1) * 8 - (content[0] ?? 0) - 1;
  if (last >= 0 && bits[bits.length - 1] !== last) {
    throw derError('a named bit list ends in zero bits');
  }
  return bits;
}

/** UTCTime or GeneralizedTime in the one form of RFC 5280 section 4.1.2.5; seconds since the epoch. */
export function readTime(node: DerNode): number {
  const { tag, content } = node;
  const yearDigits = tag === TAG.utcTime ? 2 : 4;
  const isTime = tag === TAG.utcTime || tag === TAG.generalizedTime;
  if (!isTime || content.length !== yearDigits + 11 || content[yearDigits + 10] !== LETTER_Z) {
    throw timeError();
  }
  const short = readDigits(content, 0, yearDigits);
  const year = yearDigits === 4 ? short : short + (short < 50 ? 2000 : 1900);
  const [month, day, hour, minute, second] = [0, 2, 4, 6, 8].map((at) =>
    readDigits(content, yearDigits + at, 2),
  ) as [number, number, number, number, number];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  const same =
    date.getUTCFullYear() === year &&
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day &&
    date.getUTCHours() === hour &&
    date.getUTCMinutes() === minute &&
    date.getUTCSeconds() === second;
  if (!same) {
    throw derError('a time is not in the calendar');
  }
  return date.getTime() / 1000;
}

const LETTER_Z = 0x5a;
const DIGIT_0 = 0x30;

function readDigits(bytes: Uint8Array, start: number, count: number): number {
  let value = 0;
  for (let at = start; at < start + count; at += 1) {
    const digit = (bytes[at] ?? 0) - DIGIT_0;
    if (digit < 0 || digit > 9) {
      throw timeError();
    }
    value = value * 10 + digit;
  }
  return value;
}

function timeError(): Error {
  return derError('a time is not in the form YYMMDDHHMMSSZ or YYYYMMDDHHMMSSZ');
}

class Fields implements DerFields {
  readonly #children: readonly DerNode[];
  #at = 0;

  constructor(children: readonly DerNode[]) {
    this.#children = children;
  }

  take(tag: number): DerNode {
    return expectTag(this.takeAny(), tag);
  }

  takeAny(): DerNode {
    const child = this.#children[this.#at];
    if (child === undefined) {
      throw derError('a field is missing');
    }
    this.#at += 1;
    return child;
  }

  takeIf(tag: number): DerNode | undefined {
    return this.#children[this.#at]?.tag === tag ? this.takeAny() : undefined;
  }

  end(): void {
    if (this.#at !== this.#children.length) {
      throw derError('a field too many');
    }
  }
}
