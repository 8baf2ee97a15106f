import { request as requestPlain } from 'node:http';
import { type RequestOptions, request as requestTls } from 'node:https';
import type { Pair } from './own-svid.ts';

/** How a caller comes: in plain text, or over TLS, with a certificate or without. */
export type Caller = 'plain' | { readonly certificate: Pair | undefined };

export interface PeerCall {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The name asked for in the handshake (SNI). */
  readonly serverName?: string;
}

export interface PeerAnswer {
  /** Undefined when the connection ended without an answer. */
  readonly status: number | undefined;
  readonly body: string;
}

/** One HTTP/1 request on a connection of its own. */
export function callPeer(port: number, caller: Caller, call: PeerCall = {}): Promise<PeerAnswer> {
  const { method = 'GET', path = '/', headers = {}, serverName } = call;
  const shared = { host: '127.0.0.1', port, method, path, headers, agent: false, timeout: 5000 };
  return new Promise((resolve) => {
    const options: RequestOptions =
      caller === 'plain' ? shared : { ...shared, ...tls(caller.certificate, serverName) };
    const outgoing = caller === 'plain' ? requestPlain(options) : requestTls(options);
    outgoing.once('timeout', () => outgoing.destroy());
    outgoing.once('error', () => resolve({ status: undefined, body: '' }));
    outgoing.once('response', (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      response.once('error', () => resolve({ status: undefined, body: '' }));
      response.once('end', () => resolve({ status: response.statusCode, body }));
    });
    outgoing.end();
  });
}

function tls(certificate: Pair | undefined, servername: string | undefined): RequestOptions {
  return {
    rejectUnauthorized: false,
    ...(servername === undefined ? {} : { servername }),
    ...(certificate === undefined
      ? {}
      : { cert: certificate.certificateChainPem, key: certificate.privateKeyPem }),
  };
}
