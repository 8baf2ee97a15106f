import { LIMITS } from '../base/index.ts';
import { type HeaderIndex, headerIndex } from './header-index.ts';
import { readAddress, type SocketPlace } from './read-address.ts';
import { readStruct, type Span, span } from './read-struct.ts';
import type { StructObject } from './struct-value.ts';
import { WireCursor, type WireFault } from './wire-cursor.ts';

/** What a CheckRequest says, as far as anyone here asks. Text that is absent is empty. */
export interface CheckRequest {
  readonly source: CheckPeer | undefined;
  readonly destination: CheckPeer | undefined;
  /** Undefined for a TCP connection. */
  readonly http: CheckHttp | undefined;
  readonly contextExtensions: ReadonlyMap<string, string>;
  /** The server name of the TLS session, in the client's spelling; undefined when no session was told of. */
  readonly serverName: string | undefined;
  /** Dynamic metadata by filter name. */
  readonly filterMetadata: ReadonlyMap<string, StructObject>;
}

export interface CheckPeer {
  readonly address: SocketPlace | undefined;
  /** Written by the client (source) or the server name of a TCP connection (destination): never an identity. */
  readonly service: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly principal: string;
  /** The leaf as URL-encoded PEM, when Envoy is told to send it. */
  readonly certificate: string;
}

export interface CheckHttp {
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly scheme: string;
  /** `HTTP/1.1`, `HTTP/2` and so on. */
  readonly protocol: string;
  readonly headers: HeaderIndex;
  /** As much of it as Envoy sends; empty when it sends none. */
  readonly body: Uint8Array;
}

export type CheckRequestReading =
  | { readonly kind: 'request'; readonly request: CheckRequest }
  | { readonly kind: 'malformed'; readonly fault: WireFault | 'empty' };

/**
 * Reads an `envoy.service.auth.v3.CheckRequest` in one walk over its bytes, keeping places for headers and
 * text for what every verdict needs. Follows the rules of Protocol Buffers where a message field comes twice
 * (merged), a scalar or a map key comes twice (the last counts), or a field is unknown (skipped). A message
 * without attributes is `empty`. The result looks into `bytes`, which must not change.
 */
export function readCheckRequest(bytes: Uint8Array): CheckRequestReading {
  const cursor = new WireCursor(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const found: Found = {
    attributes: false,
    source: undefined,
    destination: undefined,
    http: undefined,
    contextExtensions: new Map(),
    serverName: undefined,
    metadata: new Map(),
  };
  if (bytes.byteLength > LIMITS.checkRequestBytes) {
    cursor.fail('limit');
  }
  readMessage(cursor, bytes.byteLength, (tag, end) => {
    if (tag !== 0x0a) {
      return false;
    }
    found.attributes = true;
    readMessage(cursor, cursor.enter(end), (inner, stop) => readAttribute(cursor, inner, stop, found));
    return true;
  });
  const filterMetadata = new Map<string, StructObject>();
  for (const [name, spans] of found.metadata) {
    filterMetadata.set(name, readStruct(cursor, spans));
  }
  if (cursor.fault !== undefined || !found.attributes) {
    return { kind: 'malformed', fault: cursor.fault ?? 'empty' };
  }
  const { source, destination, http, contextExtensions, serverName } = found;
  const request: CheckRequest = {
    source,
    destination,
    http: http && {
      method: http.method,
      path: http.path,
      host: http.host,
      scheme: http.scheme,
      protocol: http.protocol,
      headers: headerIndex(cursor.bytes, http.map, http.lines),
      body: bodyOf(cursor.bytes, http),
    },
    contextExtensions,
    serverName,
    filterMetadata,
  };
  return { kind: 'request', request };
}

const NOWHERE: Span = [0, 0];

interface Found {
  attributes: boolean;
  source: FoundPeer | undefined;
  destination: FoundPeer | undefined;
  http: FoundHttp | undefined;
  readonly contextExtensions: Map<string, string>;
  serverName: string | undefined;
  readonly metadata: Map<string, readonly Span[]>;
}

interface FoundPeer {
  address: SocketPlace | undefined;
  service: string;
  readonly labels: Map<string, string>;
  principal: string;
  certificate: string;
}

interface FoundHttp {
  method: string;
  path: string;
  host: string;
  scheme: string;
  protocol: string;
  readonly map: number[];
  lines: number[] | undefined;
  body: Span;
  rawBody: Span;
}

/** Walks the fields up to `end`; what `take` does not want is skipped. */
function readMessage(cursor: WireCursor, end: number, take: (tag: number, end: number) => boolean): void {
  while (cursor.more(end)) {
    const tag = cursor.tag(end);
    if (!take(tag, end)) {
      cursor.skip(tag, end);
    }
  }
}

function readAttribute(cursor: WireCursor, tag: number, end: number, found: Found): boolean {
  switch (tag) {
    case 0x0a:
      found.source ??= noPeer();
      readPeer(cursor, cursor.enter(end), found.source);
      return true;
    case 0x12:
      found.destination ??= noPeer();
      readPeer(cursor, cursor.enter(end), found.destination);
      return true;
    case 0x22:
      readMessage(cursor, cursor.enter(end), (inner, stop) => {
        if (inner !== 0x12) {
          return false;
        }
        found.http ??= noHttp();
        readHttp(cursor, cursor.enter(stop), found.http);
        return true;
      });
      return true;
    case 0x52:
      readTextEntry(cursor, cursor.enter(end), found.contextExtensions);
      return true;
    case 0x5a:
      readMetadata(cursor, cursor.enter(end), found.metadata);
      return true;
    case 0x62:
      found.serverName ??= '';
      readMessage(cursor, cursor.enter(end), (inner, stop) => {
        if (inner !== 0x0a) {
          return false;
        }
        found.serverName = cursor.string(stop);
        return true;
      });
      return true;
    default:
      return false;
  }
}

function noPeer(): FoundPeer {
  return { address: undefined, service: '', labels: new Map(), principal: '', certificate: '' };
}

function noHttp(): FoundHttp {
  return {
    method: '',
    path: '',
    host: '',
    scheme: '',
    protocol: '',
    map: [],
    lines: undefined,
    body: NOWHERE,
    rawBody: NOWHERE,
  };
}

/** Envoy fills one of the two. */
function bodyOf(bytes: Buffer, { body, rawBody }: FoundHttp): Uint8Array {
  const [start, end] = rawBody[1] > rawBody[0] ? rawBody : body;
  return start === end ? NO_BYTES : bytes.subarray(start, end);
}

const NO_BYTES = new Uint8Array();

function readPeer(cursor: WireCursor, end: number, peer: FoundPeer): void {
  readMessage(cursor, end, (tag, stop) => {
    switch (tag) {
      case 0x0a:
        peer.address = readAddress(cursor, cursor.enter(stop), peer.address);
        return true;
      case 0x12:
        peer.service = cursor.string(stop);
        return true;
      case 0x1a:
        readTextEntry(cursor, cursor.enter(stop), peer.labels);
        return true;
      case 0x22:
        peer.principal = cursor.string(stop);
        return true;
      case 0x2a:
        peer.certificate = cursor.string(stop);
        return true;
      default:
        return false;
    }
  });
}

function readHttp(cursor: WireCursor, end: number, http: FoundHttp): void {
  readMessage(cursor, end, (tag, stop) => {
    switch (tag) {
      case 0x12:
        http.method = cursor.string(stop);
        return true;
      case 0x1a:
        readHeader(cursor, cursor.enter(stop), http.map, false);
        return true;
      case 0x22:
        http.path = cursor.string(stop);
        return true;
      case 0x2a:
        http.host = cursor.string(stop);
        return true;
      case 0x32:
        http.scheme = cursor.string(stop);
        return true;
      case 0x52:
        http.protocol = cursor.string(stop);
        return true;
      case 0x5a:
        http.body = span(cursor, stop);
        return true;
      case 0x62:
        http.rawBody = span(cursor, stop);
        return true;
      case 0x6a: {
        http.lines ??= [];
        const lines = http.lines;
        readMessage(cursor, cursor.enter(stop), (inner, last) => {
          if (inner !== 0x0a) {
            return false;
          }
          readHeader(cursor, cursor.enter(last), lines, true);
          return true;
        });
        return true;
      }
      default:
        return false;
    }
  });
}

/** A map entry {key 1, value 2}, and a HeaderValue, which adds {raw_value 3}: that counts when it is not empty. */
function readHeader(cursor: WireCursor, end: number, offsets: number[], hasRaw: boolean): void {
  let key: Span = NOWHERE;
  let value: Span = NOWHERE;
  let raw: Span = NOWHERE;
  while (cursor.more(end)) {
    const tag = cursor.tag(end);
    if (tag === 0x0a) {
      key = span(cursor, end);
    } else if (tag === 0x12) {
      value = span(cursor, end);
    } else if (tag === 0x1a && hasRaw) {
      raw = span(cursor, end);
    } else {
      cursor.skip(tag, end);
    }
  }
  const [start, stop] = raw[1] > raw[0] ? raw : value;
  offsets.push(key[0], key[1], start, stop);
  if (offsets.length > 4 * LIMITS.headerLines) {
    cursor.fail('limit');
  }
}

function readTextEntry(cursor: WireCursor, end: number, into: Map<string, string>): void {
  let key = '';
  let value = '';
  readMessage(cursor, end, (tag, stop) => {
    if (tag === 0x0a) {
      key = cursor.string(stop);
    } else if (tag === 0x12) {
      value = cursor.string(stop);
    } else {
      return false;
    }
    return true;
  });
  into.set(key, value);
}

/** Where the Structs of `filter_metadata` are, by their key. */
function readMetadata(cursor: WireCursor, end: number, into: Map<string, readonly Span[]>): void {
  readMessage(cursor, end, (tag, stop) => {
    if (tag !== 0x0a) {
      return false;
    }
    let key = '';
    const spans: Span[] = [];
    readMessage(cursor, cursor.enter(stop), (inner, last) => {
      if (inner === 0x0a) {
        key = cursor.string(last);
      } else if (inner === 0x12) {
        spans.push(span(cursor, last));
      } else {
        return false;
      }
      return true;
    });
    into.set(key, spans);
    return true;
  });
}
