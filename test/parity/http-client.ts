import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { TlsIdentity } from './certificates.ts';

export interface RawResponse {
  /** 0 when the connection was closed without an answer. */
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export interface Destination {
  readonly from: string;
  readonly to: string;
  readonly port: number;
  readonly tls: { readonly identity: TlsIdentity; readonly serverName: string | undefined } | undefined;
}

/** Sends requests as they stand, over connections that are kept by `key`. */
export interface RawClient {
  send(key: string, destination: Destination, bytes: Buffer, hasBody: boolean): Promise<RawResponse>;
  close(): void;
}

export function createRawClient(): RawClient {
  const idle = new Map<string, Connection[]>();
  const all = new Set<Connection>();
  return {
    async send(key, destination, bytes, hasBody) {
      for (;;) {
        const kept = idle.get(key)?.pop();
        const connection = kept ?? (await open(destination, all));
        const response = await connection.exchange(bytes, hasBody);
        if (response.status === 0 && kept !== undefined) {
          // It was closed while nobody looked.
          continue;
        }
        if (!connection.isOpen()) {
          connection.close();
        } else {
          const list = idle.get(key) ?? [];
          list.push(connection);
          idle.set(key, list);
        }
        return response;
      }
    },
    close() {
      for (const connection of all) {
        connection.close();
      }
    },
  };
}

interface Connection {
  exchange(bytes: Buffer, hasBody: boolean): Promise<RawResponse>;
  isOpen(): boolean;
  close(): void;
}

const NO_ANSWER: RawResponse = { status: 0, headers: new Map(), body: '' };
const FINE: ReadonlySet<number> = new Set([200, 401, 403, 503]);
const ANSWER_MILLIS_MAX = 20_000;

async function open(destination: Destination, all: Set<Connection>): Promise<Connection> {
  const socket = await connected(destination);
  let buffer = Buffer.alloc(0);
  let isOpen = true;
  let take: ((response: RawResponse) => void) | undefined;
  let hasBodyNow = true;
  const finish = (response: RawResponse): void => {
    const give = take;
    take = undefined;
    give?.(response);
  };
  const look = (): void => {
    const parsed = parseResponse(buffer, hasBodyNow);
    if (parsed !== undefined) {
      // What Envoy refuses before its filters ends the connection, whatever it says.
      isOpen &&= FINE.has(parsed.response.status) && parsed.length === buffer.length;
      isOpen &&= parsed.response.headers.get('connection')?.toLowerCase() !== 'close';
      buffer = buffer.subarray(parsed.length);
      finish(parsed.response);
    }
  };
  socket.on('data', (chunk: Buffer) => {
    buffer = Buffer.concat([buffer, chunk]);
    look();
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    isOpen = false;
    finish(NO_ANSWER);
    all.delete(connection);
  });
  socket.setTimeout(ANSWER_MILLIS_MAX, () => socket.destroy());
  const connection: Connection = {
    exchange: (bytes, hasBody) =>
      new Promise((resolve) => {
        take = resolve;
        hasBodyNow = hasBody;
        if (socket.destroyed) {
          finish(NO_ANSWER);
        } else {
          socket.write(bytes);
        }
      }),
    isOpen: () => isOpen && !socket.destroyed,
    close: () => socket.destroy(),
  };
  all.add(connection);
  return connection;
}

/** Plain, or through the handshake of TLS. */
export function connected({ from, to, port, tls }: Destination): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const plain = connectPlain({ host: to, port, localAddress: from, noDelay: true });
    plain.once('error', reject);
    if (tls === undefined) {
      plain.once('connect', () => resolve(plain));
      return;
    }
    const { identity, serverName } = tls;
    const secure = connectTls({
      socket: plain,
      cert: identity.chainPem,
      key: identity.keyPem,
      rejectUnauthorized: false,
      ...(serverName === undefined ? {} : { servername: serverName }),
    });
    secure.once('secureConnect', () => resolve(secure));
    secure.once('error', reject);
  });
}

/** A whole HTTP/1.1 response at the start of `buffer`, and how long it is. */
function parseResponse(
  buffer: Buffer,
  hasBody: boolean,
): { readonly response: RawResponse; readonly length: number } | undefined {
  const end = buffer.indexOf('\r\n\r\n');
  if (end < 0) {
    return undefined;
  }
  const [statusLine = '', ...lines] = buffer.subarray(0, end).toString('latin1').split('\r\n');
  const status = Number(statusLine.split(' ')[1]);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  const start = end + 4;
  const size = hasBody && status !== 204 && status !== 304 ? bodySize(buffer.subarray(start), headers) : 0;
  return size === undefined
    ? undefined
    : {
        response: { status, headers, body: buffer.subarray(start, start + size).toString('latin1') },
        length: start + size,
      };
}

/** Undefined while some of it is still to come. Everything here answers with a known length. */
function bodySize(rest: Buffer, headers: ReadonlyMap<string, string>): number | undefined {
  const length = Number(headers.get('content-length') ?? 0);
  return rest.length < length ? undefined : length;
}
