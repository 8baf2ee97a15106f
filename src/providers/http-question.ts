import type { OutgoingHttpHeaders } from 'node:http';
import type { QuestionHttp } from '../authz/index.ts';
import { HOP_BY_HOP } from './answer.ts';
import { matchesAny } from './header-pattern.ts';
import type { HttpProviderOptions } from './options.ts';

/** The request that a service is asked by, as Envoy's `http_service` makes it. */
export interface HttpQuestion {
  readonly method: string;
  /** Prefix, path and query, one character a byte. */
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Uint8Array;
}

/**
 * Undefined for a CONNECT, for targets that no HTTP client can send, and for methods with small letters: Node would send
 * them in capitals, so that the service judged another method, or was asked to open a tunnel.
 */
export function httpQuestion(http: QuestionHttp, options: HttpProviderOptions): HttpQuestion | undefined {
  const path = bytesOf((options.pathPrefix ?? '') + http.path);
  if (
    http.method === 'CONNECT' ||
    !/^[!-\xff]+$/.test(path) ||
    !/^[!#$%&'*+.^_`|~0-9A-Z-]+$/.test(http.method)
  ) {
    return undefined;
  }
  return { method: http.method, path, headers: headersOf(http, options), body: http.body };
}

/** Always along, besides method, path and Host: what Envoy always sends. */
const ALWAYS: ReadonlySet<string> = new Set(['authorization', 'x-envoy-auth-partial-body']);

function headersOf(http: QuestionHttp, options: HttpProviderOptions): OutgoingHttpHeaders {
  const headers: Record<string, string | string[]> = Object.create(null);
  for (const [name, lines] of http.headers) {
    const isWanted = ALWAYS.has(name) || matchesAny(options.includeRequestHeadersInCheck, name);
    if (isWanted && !name.startsWith(':') && name !== 'host' && name !== 'expect' && !HOP_BY_HOP.has(name)) {
      headers[name] = lines.map(bytesOf);
    }
  }
  for (const [name, value] of Object.entries(options.includeAdditionalHeadersInCheck)) {
    headers[name.toLowerCase()] = value;
  }
  return { ...headers, host: bytesOf(http.host), 'content-length': String(http.body.length) };
}

/** Node writes the low byte of each character. */
function bytesOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
