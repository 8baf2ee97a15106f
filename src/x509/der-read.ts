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
  if (checkValue(bytes, 0, bytes.length, 0) !== bytes.length) {
    throw derError('bytes follow after the end of the value');
  }
  return new CheckedNode(bytes, 0, bytes.length);
}

/** The tag and content of a value that is known to be whole DER, without a look inside. */
export function readOuter(bytes: Uint8Array): { readonly tag: number; readonly content: Uint8Array } {
  const length = readLength(bytes, 1, bytes.length);
  const contentStart = afterLength(bytes, 1);
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
    const length = readLength(bytes, start + 1, bytes.length);
    const end = afterLength(bytes, start + 1) + length;
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

/** A value that passed `checkValue`. Most are walked past, so what is in one is made when it is asked for. */
class CheckedNode implements DerNode {
  readonly tag: number;
  readonly #source: Uint8Array;
  readonly #start: number;
  readonly #end: number;
  #children: readonly DerNode[] | undefined;

  constructor(source: Uint8Array, start: number, end: number) {
    this.tag = source[start] ?? 0;
    this.#source = source;
    this.#start = start;
    this.#end = end;
  }

  get bytes(): Uint8Array {
    return this.#source.subarray(this.#start, this.#end);
  }

  get content(): Uint8Array {
    return this.#source.subarray(afterLength(this.#source, this.#start + 1), this.#end);
  }

  get children(): readonly DerNode[] {
    this.#children ??= isConstructed(this.tag)
      ? childrenOf(this.#source, afterLength(this.#source, this.#start + 1), this.#end)
      : NO_CHILDREN;
    return this.#children;
  }
}

const NO_CHILDREN: readonly DerNode[] = [];

function childrenOf(bytes: Uint8Array, start: number, end: number): readonly DerNode[] {
  let count = 0;
  for (let at = start; at < end; at = endOf(bytes, at)) {
    count += 1;
  }
  // An array that grows takes room for sixteen more.
  const children = new Array<DerNode>(count);
  let at = start;
  for (let index = 0; index < count; index += 1) {
    const next = endOf(bytes, at);
    children[index] = new CheckedNode(bytes, at, next);
    at = next;
  }
  return children;
}

/** Where a value ends that was checked. */
function endOf(bytes: Uint8Array, start: number): number {
  return afterLength(bytes, start + 1) + readLength(bytes, start + 1, bytes.length);
}

/** Checks the value that begins at `start`, with all that is in it; returns where it ends. */
function checkValue(bytes: Uint8Array, start: number, limit: number, depth: number): number {
  if (depth > DEPTH_MAX) {
    throw derError(`values are nested deeper than ${DEPTH_MAX}`);
  }
  const tag = bytes[start];
  if (tag === undefined || start >= limit) {
    throw derError('the value is cut off');
  }
  const length = readLength(bytes, start + 1, limit);
  const contentStart = afterLength(bytes, start + 1);
  const end = contentStart + length;
  if (end > limit) {
    throw derError('a length points past the end');
  }
  checkTag(tag);
  if (isConstructed(tag)) {
    checkChildren(bytes, contentStart, end, { depth, isSet: tag === TAG.set });
  } else {
    const fault = primitiveFault(tag, bytes, contentStart, end);
    if (fault !== undefined) {
      throw derError(fault);
    }
  }
  return end;
}

function checkChildren(
  bytes: Uint8Array,
  start: number,
  end: number,
  { depth, isSet }: { readonly depth: number; readonly isSet: boolean },
): void {
  let before = start;
  for (let at = start; at < end; ) {
    const next = checkValue(bytes, at, end, depth + 1);
    if (isSet && at > start && Buffer.compare(bytes.subarray(before, at), bytes.subarray(at, next)) > 0) {
      throw derError('a set is not sorted');
    }
    before = at;
    at = next;
  }
}

function isConstructed(tag: number): boolean {
  return (tag & 0x20) !== 0;
}

/** The length that is written at `at`, in its shortest form and before `limit`. */
function readLength(bytes: Uint8Array, at: number, limit: number): number {
  const first = bytes[at];
  if (first === undefined || at >= limit) {
    throw derError('the value is cut off');
  }
  if (first < 0x80) {
    return first;
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
  return length;
}

/** Where the content starts of a value whose length is written at `at` and was read. */
function afterLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  return at + 1 + (first < 0x80 ? 0 : first & 0x7f);
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
