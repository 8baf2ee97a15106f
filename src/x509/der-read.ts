import { isAscii, isUtf8 } from 'node:buffer';
import { SallyportError } from '../base/index.ts';

/** One value of a DER encoding. The arrays are views of the bytes that were read. */
export interface DerNode {
  /** The identifier octet, class and constructed bit included. */
  readonly tag: number;
  /** Identifier, length and content. */
  readonly bytes: Uint8Array;
  readonly content: Uint8Array;
  /** Empty for a primitive value. */
  readonly children: readonly DerNode[];
}

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  numericString: 0x12,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  visibleString: 0x1a,
  universalString: 0x1c,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

const DEPTH_MAX = 24;

/**
 * Reads exactly one DER value (X.690 section 10 and 11): definite minimal lengths, canonical primitive
 * values, sorted sets, low tag numbers, nothing after the end. What passes has one encoding only, the
 * bytes given. Throws `ERR_X509_DER`.
 */
export function readDer(bytes: Uint8Array): DerNode {
  const node = readNode(bytes, 0, bytes.length, 0);
  if (node.size !== bytes.length) {
    throw derError('bytes follow after the end of the value');
  }
  return node;
}

/** The tag and content of a value that is known to be whole DER, without a look inside. */
export function readOuter(bytes: Uint8Array): { readonly tag: number; readonly content: Uint8Array } {
  const { contentStart, length } = readLength(bytes, 1, bytes.length);
  if (contentStart + length !== bytes.length) {
    throw derError('a length is not that of the value');
  }
  return { tag: bytes[0] ?? 0, content: bytes.subarray(contentStart) };
}

/** The values that follow each other, without a look inside; undefined when there are more than `countMax`. */
export function splitDer(bytes: Uint8Array, countMax: number): readonly Uint8Array[] | undefined {
  const parts: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; ) {
    if (parts.length === countMax) {
      return undefined;
    }
    const { contentStart, length } = readLength(bytes, start + 1, bytes.length);
    const end = contentStart + length;
    if (end > bytes.length) {
      throw derError('a length points past the end');
    }
    parts.push(bytes.subarray(start, end));
    start = end;
  }
  return parts;
}

export function derError(message: string): SallyportError {
  return new SallyportError('ERR_X509_DER', `bad DER: ${message}`);
}

/** Most values are only walked past, so the views of their bytes are made when they are asked for. */
class ReadNode implements DerNode {
  readonly tag: number;
  readonly size: number;
  readonly children: readonly ReadNode[];
  readonly #source: Uint8Array;
  readonly #start: number;
  readonly #contentStart: number;

  constructor(
    source: Uint8Array,
    {
      start,
      contentStart,
      end,
    }: { readonly start: number; readonly contentStart: number; readonly end: number },
    children: readonly ReadNode[],
  ) {
    this.tag = source[start] ?? 0;
    this.size = end - start;
    this.children = children;
    this.#source = source;
    this.#start = start;
    this.#contentStart = contentStart;
  }

  get bytes(): Uint8Array {
    return this.#source.subarray(this.#start, this.#start + this.size);
  }

  get content(): Uint8Array {
    return this.#source.subarray(this.#contentStart, this.#start + this.size);
  }
}

function readNode(bytes: Uint8Array, start: number, limit: number, depth: number): ReadNode {
  if (depth > DEPTH_MAX) {
    throw derError(`values are nested deeper than ${DEPTH_MAX}`);
  }
  const tag = bytes[start];
  if (tag === undefined || start >= limit) {
    throw derError('the value is cut off');
  }
  const { contentStart, length } = readLength(bytes, start + 1, limit);
  const end = contentStart + length;
  if (end > limit) {
    throw derError('a length points past the end');
  }
  const constructed = (tag & 0x20) !== 0;
  checkTag(tag);
  const fault = constructed ? undefined : primitiveFault(tag, bytes, contentStart, end);
  if (fault !== undefined) {
    throw derError(fault);
  }
  const children = constructed ? readChildren(bytes, contentStart, end, depth) : NO_CHILDREN;
  if (tag === TAG.set) {
    checkSetOrder(children);
  }
  return new ReadNode(bytes, { start, contentStart, end }, children);
}

const NO_CHILDREN: readonly ReadNode[] = [];

function readChildren(bytes: Uint8Array, start: number, end: number, depth: number): readonly ReadNode[] {
  const children: ReadNode[] = [];
  let at = start;
  while (at < end) {
    const child = readNode(bytes, at, end, depth + 1);
    children.push(child);
    at += child.size;
  }
  return children;
}

function readLength(
  bytes: Uint8Array,
  at: number,
  limit: number,
): { readonly contentStart: number; readonly length: number } {
  const first = bytes[at];
  if (first === undefined || at >= limit) {
    throw derError('the value is cut off');
  }
  if (first < 0x80) {
    return { contentStart: at + 1, length: first };
  }
  const count = first & 0x7f;
  if (count === 0) {
    throw derError('an indefinite length');
  }
  if (count > 4 || at + 1 + count > limit) {
    throw derError('a length points past the end');
  }
  let length = 0;
  for (let index = 1; index <= count; index += 1) {
    length = length * 256 + (bytes[at + index] ?? 0);
  }
  if (length < 0x80 || length < 256 ** (count - 1)) {
    throw derError('a length is longer than it need be');
  }
  return { contentStart: at + 1 + count, length };
}

const PRIMITIVE_TAGS: ReadonlySet<number> = new Set(
  Object.values(TAG).filter((tag) => tag !== TAG.sequence && tag !== TAG.set),
);

function checkTag(tag: number): void {
  const known =
    tag === TAG.sequence ||
    tag === TAG.set ||
    PRIMITIVE_TAGS.has(tag) ||
    ((tag & 0xc0) === 0x80 && (tag & 0x1f) !== 0x1f);
  if (!known) {
    throw derError(`tag 0x${tag.toString(16).padStart(2, '0')} has no place in a certificate`);
  }
}

/** What keeps the content of a primitive value, from `start` to `end`, from being canonical; undefined when nothing does. */
function primitiveFault(tag: number, bytes: Uint8Array, start: number, end: number): string | undefined {
  switch (tag) {
    case TAG.boolean:
      return end === start + 1 && (bytes[start] === 0 || bytes[start] === 0xff)
        ? undefined
        : 'a boolean is neither 00 nor ff';
    case TAG.integer:
      return integerFault(bytes, start, end);
    case TAG.bitString:
      return bitStringFault(bytes, start, end);
    case TAG.null:
      return end === start ? undefined : 'a null has content';
    case TAG.oid:
      return oidFault(bytes, start, end);
    case TAG.utf8String:
      return isUtf8(bytes.subarray(start, end)) ? undefined : 'a UTF8String is not UTF-8';
    case TAG.printableString:
    case TAG.numericString:
    case TAG.ia5String:
    case TAG.visibleString:
      return isAscii(bytes.subarray(start, end)) ? undefined : 'a string holds more than ASCII';
    default:
      return undefined;
  }
}

function integerFault(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (start === end) {
    return 'an integer is empty';
  }
  const first = bytes[start];
  const second = end - start > 1 ? bytes[start + 1] : undefined;
  const padded =
    second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80));
  return padded ? 'an integer is longer than it need be' : undefined;
}

function bitStringFault(bytes: Uint8Array, start: number, end: number): string | undefined {
  const unused = start < end ? bytes[start] : undefined;
  const isEmpty = end - start === 1;
  if (unused === undefined || unused > 7 || (isEmpty && unused !== 0)) {
    return 'a bit string has a wrong count of unused bits';
  }
  const setBits = !isEmpty && ((bytes[end - 1] ?? 0) & ((1 << unused) - 1)) !== 0;
  return setBits ? 'a bit string has unused bits that are set' : undefined;
}

function oidFault(bytes: Uint8Array, start: number, end: number): string | undefined {
  let atStart = true;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    if (atStart && byte === 0x80) {
      return 'an object identifier is longer than it need be';
    }
    atStart = byte < 0x80;
  }
  return start === end || !atStart ? 'an object identifier is cut off' : undefined;
}

function checkSetOrder(children: readonly DerNode[]): void {
  for (const [index, child] of children.entries()) {
    const before = children[index - 1];
    if (before !== undefined && Buffer.compare(before.bytes, child.bytes) > 0) {
      throw derError('a set is not sorted');
    }
  }
}
