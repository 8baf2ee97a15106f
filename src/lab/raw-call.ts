import { connect as connectTcp, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import type { HostPort } from './places.ts';

const TIMEOUT_MILLIS = 5000;
const REQUEST = 'GET /ledger HTTP/1.1\r\nhost: orders\r\nconnection: close\r\n\r\n';

export interface RawReply {
  /** Status of the HTTP answer, if one came. */
  readonly status: number | undefined;
  /** The code of the error that ended the connection, such as a TLS alert of the other side. */
  readonly errorCode: string | undefined;
}

/** Sends an HTTP request as bytes, over TCP or, given `tls`, over TLS, and looks at what comes back. */
export function callRaw(to: HostPort, tls?: ConnectionOptions): Promise<RawReply> {
  return new Promise((resolve) => {
    let received = '';
    let errorCode: string | undefined;
    const socket: Socket = tls === undefined ? connectTcp(to) : connectTls({ ...to, ...tls });
    socket.setTimeout(TIMEOUT_MILLIS, () => socket.destroy());
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => socket.write(REQUEST));
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      errorCode = error.code ?? error.message;
    });
    socket.once('close', () => {
      const status = /^HTTP\/1\.1 (\d{3}) /.exec(received)?.[1];
      resolve({ status: status === undefined ? undefined : Number(status), errorCode });
    });
  });
}
