import type { TokenRequest } from '../jwt/index.ts';
import type { HeaderView } from '../policy/index.ts';
import type { CheckHttp } from '../proto/index.ts';
import { type Changes, NO_CHANGES } from './changes.ts';
import { sentWithParameters, withParameters } from './query.ts';

/**
 * Whether the request says one thing: only one encoding of the headers, and pseudo headers as the fields
 * beside them. Envoy fills both from the same place.
 */
export function isConsistent(http: CheckHttp): boolean {
  return (
    http.headers.encoding !== 'both' &&
    PSEUDO_HEADERS.every(([name, field]) => {
      const lines = http.headers.lines(name);
      return lines === undefined || (lines.length === 1 && lines[0] === http[field]);
    })
  );
}

/** `host` is `:authority` to Envoy. */
const PSEUDO_HEADERS = [
  [':method', 'method'],
  [':path', 'path'],
  [':authority', 'host'],
  ['host', 'host'],
  [':scheme', 'scheme'],
] as const;

/** The request in which tokens are looked for: as it came, or as those who were asked before left it. */
export function tokenRequest(http: CheckHttp, changes: Changes = NO_CHANGES): TokenRequest {
  const headers = headersAfter(http, changes);
  return {
    method: http.method,
    path: targetAfter(http, changes),
    scheme: http.scheme,
    authority: http.host,
    headerLines: (name) => headers.lines(name) ?? [],
  };
}

/** Path and query as changes leave them, on the wire. */
export function targetSent(http: CheckHttp, changes: Changes): string {
  return sentWithParameters(http.path, changes.setQueryParameters, changes.removeQueryParameters);
}

/** Path and query as rules see them after changes. */
export function targetAfter(http: CheckHttp, changes: Changes): string {
  return withParameters(http.path, changes.setQueryParameters, changes.removeQueryParameters);
}

/** The headers that rules see: as the token filter would have left them. `istio-tried`, point 14. */
export function headersAfter(http: CheckHttp, changes: Changes): HeaderView {
  return {
    lines(name) {
      const field = PSEUDO_HEADERS.find(([pseudo]) => pseudo === name)?.[1];
      if (field !== undefined) {
        const value = field === 'path' ? targetAfter(http, changes) : http[field];
        return value === '' ? undefined : [value];
      }
      const set = changes.setHeaders.get(name);
      return set ?? (changes.removeHeaders.has(name) ? undefined : http.headers.lines(name));
    },
    joined: http.headers.encoding === 'map',
  };
}
