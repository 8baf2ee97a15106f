import { SallyportError } from '../base/index.ts';
import { decodeHeaderValue } from './utf8.ts';
import { WireCursor } from './wire-cursor.ts';

/** What a request looks like to the one who is asked about it. */
export interface PassedOnHttp {
  /** With its query. */
  readonly path: string;
  /** Pseudo headers too; names are unique. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
  /** Sends the body as it is, in `raw_body`; else as text, in which what is not UTF-8 becomes `!`. */
  readonly packAsBytes: boolean;
}

export interface PassOn {
  /** Undefined for a TCP connection. */
  readonly http: PassedOnHttp | undefined;
  /** Whether a context extension of this name goes along. */
  isPassedOn(extension: string): boolean;
}

/**
 * A CheckRequest made of another one: both ends, the time, TLS session and metadata as they came, the request
 * as `http` has it, with `headers` filled, which is what ext_authz servers read. `bytes` must have passed
 * `readCheckRequest`. Throws `ERR_PROTO_MESSAGE` when they have not.
 */
export function passOnCheck(bytes: Uint8Array, passOn: PassOn): Buffer {
  const cursor = new WireCursor(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const kept: Kept = { attributes: [], request: [], http: [] };
  walk(cursor, cursor.bytes.length, [], (tag, end) => {
    const isAttributes = tag === 0x0a;
    if (isAttributes) {
      readAttributes(cursor, cursor.enter(end), kept, passOn);
    }
    return isAttributes;
  });
  if (cursor.fault !== undefined) {
    throw new SallyportError('ERR_PROTO_MESSAGE', 'not a message of type `CheckRequest`');
  }
  const http = passOn.http === undefined ? [] : delimited(2, [...kept.http, ...writeHttp(passOn.http)]);
  const request = [...kept.request, ...http];
  return Buffer.concat(
    delimited(1, [...kept.attributes, ...(request.length === 0 ? [] : delimited(4, request))]),
  );
}

/** Fields as they came, tags included, that go on unchanged. */
interface Kept {
  readonly attributes: Buffer[];
  readonly request: Buffer[];
  readonly http: Buffer[];
}

type Take = (tag: number, end: number) => boolean;

/** Keeps every field up to `end` that `take` does not want. */
function walk(cursor: WireCursor, end: number, keep: Buffer[], take: Take): void {
  while (cursor.more(end)) {
    const start = cursor.position;
    const tag = cursor.tag(end);
    if (!take(tag, end)) {
      cursor.skip(tag, end);
      keep.push(cursor.bytes.subarray(start, cursor.position));
    }
  }
}

function readAttributes(cursor: WireCursor, end: number, kept: Kept, passOn: PassOn): void {
  walk(cursor, end, kept.attributes, (tag, stop) => {
    if (tag === 0x22) {
      walk(cursor, cursor.enter(stop), kept.request, (inner, last) => {
        const isHttp = inner === 0x12;
        if (isHttp) {
          readHttp(cursor, cursor.enter(last), kept);
        }
        return isHttp;
      });
      return true;
    }
    if (tag !== 0x52) {
      return false;
    }
    const start = cursor.position;
    const isPassedOn = passOn.isPassedOn(keyOfEntry(cursor, cursor.enter(stop)));
    if (isPassedOn) {
      cursor.position = start;
    }
    return !isPassedOn;
  });
}

/** The fields that are written anew are left out: headers, path, both bodies and `header_map`. */
function readHttp(cursor: WireCursor, end: number, kept: Kept): void {
  walk(cursor, end, kept.http, (tag, stop) => {
    const isLeftOut = WRITTEN_ANEW.has(tag);
    if (isLeftOut) {
      cursor.skip(tag, stop);
    }
    return isLeftOut;
  });
}

const WRITTEN_ANEW: ReadonlySet<number> = new Set([0x1a, 0x22, 0x5a, 0x62, 0x6a]);

function keyOfEntry(cursor: WireCursor, end: number): string {
  let key = '';
  while (cursor.more(end)) {
    const tag = cursor.tag(end);
    if (tag === 0x0a) {
      key = cursor.string(end);
    } else {
      cursor.skip(tag, end);
    }
  }
  return key;
}

function writeHttp({ path, headers, body, packAsBytes }: PassedOnHttp): readonly Buffer[] {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const asText = () => Buffer.from(decodeHeaderValue(bytes, 0, bytes.length));
  return [
    ...headers.flatMap(([name, value]) => delimited(3, [...text(1, name), ...text(2, value)])),
    ...text(4, path),
    ...(bytes.length === 0 ? [] : packAsBytes ? delimited(12, [bytes]) : delimited(11, [asText()])),
  ];
}

function text(field: number, value: string): readonly Buffer[] {
  return value === '' ? [] : delimited(field, [Buffer.from(value)]);
}

function delimited(field: number, content: readonly Buffer[]): readonly Buffer[] {
  const length = content.reduce((sum, { length }) => sum + length, 0);
  return [Buffer.from([...varint(field * 8 + 2), ...varint(length)]), ...content];
}

function varint(value: number): readonly number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}
