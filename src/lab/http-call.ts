import { type IncomingHttpHeaders, request } from 'node:http';
import type { HostPort } from './places.ts';

export interface HttpCall {
  readonly method?: string;
  /** Sent as it stands: dots, slashes and escapes are the point of some rows. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface HttpReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const TIMEOUT_MILLIS = 5000;

/** One request on a connection of its own. Rejects when no answer comes. */
export function callHttp(to: HostPort, call: HttpCall): Promise<HttpReply> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', path, headers = {} } = call;
    const outgoing = request({ ...to, method, path, headers, agent: false, timeout: TIMEOUT_MILLIS });
    outgoing.once('timeout', () => outgoing.destroy(new Error('no answer in time')));
    outgoing.once('error', reject);
    outgoing.once('response', (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
      });
      response.once('error', reject);
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    });
    outgoing.end();
  });
}
