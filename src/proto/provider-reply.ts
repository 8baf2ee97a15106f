import { LIMITS } from '../base/index.ts';
import { HEADER_ACTIONS, type HeaderMutation, type HeaderToSet } from './check-response.ts';
import { readStruct, type Span, span } from './read-struct.ts';
import type { StructObject } from './struct-value.ts';
import { decodeUtf8 } from './utf8.ts';
import { WireCursor } from './wire-cursor.ts';

/** A CheckResponse, by its status code. */
export type ProviderReply =
  | (OkReply & { readonly kind: 'ok'; readonly metadata: StructObject })
  | (DeniedReply & { readonly kind: 'denied'; readonly metadata: StructObject })
  /** `error_response`: the one asked has no verdict. */
  | { readonly kind: 'error'; readonly httpStatus: number | undefined };

/** Takes the place of what is there, or stands beside it. */
export type RequestHeaderMutation = HeaderToSet & { readonly action: 'append' | 'overwrite' };

export interface OkReply {
  readonly headers: readonly RequestHeaderMutation[];
  readonly removeHeaders: readonly string[];
  readonly responseHeaders: readonly HeaderMutation[];
  readonly setQueryParameters: readonly HeaderToSet[];
  readonly removeQueryParameters: readonly string[];
}

export interface DeniedReply {
  /** Undefined when it names none. */
  readonly httpStatus: number | undefined;
  readonly headers: readonly HeaderToSet[];
  readonly body: string;
}

/**
 * Reads an `envoy.service.auth.v3.CheckResponse`; undefined when the bytes are none, or hold more than
 * `LIMITS.providerReplyHeaders` headers. Envoy looks at the status code alone, and takes a denial beside the code
 * 0, and a message that says nothing at all, for an allow; here neither is an answer.
 */
export function readProviderReply(bytes: Uint8Array): ProviderReply | undefined {
  const cursor = new WireCursor(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const found: Found = { code: undefined, kind: undefined, ok: noOk(), denied: noDenial(), metadata: [] };
  walk(cursor, bytes.byteLength, (tag, end) => readField(cursor, tag, end, found));
  const metadata = readStruct(cursor, found.metadata);
  const { code, kind, ok, denied } = found;
  if (cursor.fault !== undefined) {
    return undefined;
  }
  if (code === undefined || code === 0) {
    const isAllow = kind === 'ok' || (kind === undefined && code === 0);
    return isAllow ? { kind: 'ok', ...ok, metadata } : undefined;
  }
  if (kind === 'error') {
    return { kind: 'error', httpStatus: denied.httpStatus };
  }
  return { kind: 'denied', ...(kind === 'denied' ? denied : noDenial()), metadata };
}

interface Found {
  /** Undefined without a status. */
  code: number | undefined;
  /** The member of the oneof that came last; another one before it does not count. */
  kind: 'ok' | 'denied' | 'error' | undefined;
  ok: FoundOk;
  denied: FoundDenial;
  readonly metadata: Span[];
}

interface FoundOk extends OkReply {
  readonly headers: RequestHeaderMutation[];
  readonly removeHeaders: string[];
  readonly responseHeaders: HeaderMutation[];
  readonly setQueryParameters: HeaderToSet[];
  readonly removeQueryParameters: string[];
}

interface FoundDenial extends DeniedReply {
  httpStatus: number | undefined;
  readonly headers: HeaderMutation[];
  body: string;
}

function noOk(): FoundOk {
  return {
    headers: [],
    removeHeaders: [],
    responseHeaders: [],
    setQueryParameters: [],
    removeQueryParameters: [],
  };
}

function noDenial(): FoundDenial {
  return { httpStatus: undefined, headers: [], body: '' };
}

function readField(cursor: WireCursor, tag: number, end: number, found: Found): boolean {
  switch (tag) {
    case 0x0a:
      found.code ??= 0;
      walk(cursor, cursor.enter(end), (inner, stop) => {
        if (inner === 0x08) {
          found.code = cursor.varint(stop);
        }
        return inner === 0x08;
      });
      return true;
    case 0x12:
    case 0x2a: {
      const kind = tag === 0x12 ? 'denied' : 'error';
      found.denied = found.kind === kind ? found.denied : noDenial();
      found.kind = kind;
      readDenial(cursor, cursor.enter(end), found.denied);
      return true;
    }
    case 0x1a:
      found.ok = found.kind === 'ok' ? found.ok : noOk();
      found.kind = 'ok';
      readOk(cursor, cursor.enter(end), found.ok);
      return true;
    case 0x22:
      found.metadata.push(span(cursor, end));
      return true;
    default:
      return false;
  }
}

function readOk(cursor: WireCursor, end: number, ok: FoundOk): void {
  walk(cursor, end, (tag, stop) => {
    switch (tag) {
      case 0x12:
        add(cursor, ok.headers, forRequest(readHeader(cursor, cursor.enter(stop))));
        return true;
      case 0x2a:
        add(cursor, ok.removeHeaders, cursor.string(stop));
        return true;
      case 0x32:
        add(cursor, ok.responseHeaders, readHeader(cursor, cursor.enter(stop)));
        return true;
      case 0x3a:
        add(cursor, ok.setQueryParameters, readPair(cursor, cursor.enter(stop)));
        return true;
      case 0x42:
        add(cursor, ok.removeQueryParameters, cursor.string(stop));
        return true;
      default:
        return false;
    }
  });
}

function readDenial(cursor: WireCursor, end: number, denial: FoundDenial): void {
  walk(cursor, end, (tag, stop) => {
    switch (tag) {
      case 0x0a:
        walk(cursor, cursor.enter(stop), (inner, last) => {
          if (inner === 0x08) {
            denial.httpStatus = cursor.varint(last) || undefined;
          }
          return inner === 0x08;
        });
        return true;
      case 0x12:
        add(cursor, denial.headers, readHeader(cursor, cursor.enter(stop)));
        return true;
      case 0x1a:
        denial.body = cursor.string(stop);
        return true;
      default:
        return false;
    }
  });
}

/** Tried on 1.36 and 1.40: for requests Envoy looks at `append` alone, and without it overwrites. */
function forRequest({ name, value, action }: HeaderMutation): RequestHeaderMutation {
  return { name, value, action: action === 'append' ? action : 'overwrite' };
}

/**
 * HeaderValueOption {header 1, append 2, append_action 3}. Without `append`, the default action would leave another
 * line beside this one: overwritten here.
 */
function readHeader(cursor: WireCursor, end: number): HeaderMutation {
  let pair: HeaderToSet = { name: '', value: '' };
  let append: boolean | undefined;
  let action = 0;
  walk(cursor, end, (tag, stop) => {
    switch (tag) {
      case 0x0a:
        pair = readPair(cursor, cursor.enter(stop));
        return true;
      case 0x12:
        append = readBool(cursor, cursor.enter(stop));
        return true;
      case 0x18:
        action = cursor.varint(stop);
        return true;
      default:
        return false;
    }
  });
  const named = action === 0 ? 'overwrite' : HEADER_ACTIONS[action];
  if (named === undefined) {
    cursor.fail('limit');
  }
  return { ...pair, action: append === undefined ? (named ?? 'overwrite') : append ? 'append' : 'overwrite' };
}

/** HeaderValue {key 1, value 2, raw_value 3}, where a raw value that is not empty counts; QueryParameter has the first two. */
function readPair(cursor: WireCursor, end: number): HeaderToSet {
  let name = '';
  let value = '';
  let raw = '';
  walk(cursor, end, (tag, stop) => {
    switch (tag) {
      case 0x0a:
        name = cursor.string(stop);
        return true;
      case 0x12:
        value = cursor.string(stop);
        return true;
      case 0x1a: {
        const [start, last] = span(cursor, stop);
        raw = decodeUtf8(cursor.bytes, start, last) ?? '\0';
        return true;
      }
      default:
        return false;
    }
  });
  return { name, value: raw === '' ? value : raw };
}

function readBool(cursor: WireCursor, end: number): boolean {
  let value = false;
  walk(cursor, end, (tag, stop) => {
    if (tag === 0x08) {
      value = cursor.bool(stop);
    }
    return tag === 0x08;
  });
  return value;
}

function add<T>(cursor: WireCursor, list: T[], item: T): void {
  list.push(item);
  if (list.length > LIMITS.providerReplyHeaders) {
    cursor.fail('limit');
  }
}

function walk(cursor: WireCursor, end: number, take: (tag: number, end: number) => boolean): void {
  while (cursor.more(end)) {
    const tag = cursor.tag(end);
    if (!take(tag, end)) {
      cursor.skip(tag, end);
    }
  }
}
