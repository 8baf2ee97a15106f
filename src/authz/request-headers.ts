import type { TokenRequest } from '../jwt/index.ts';
import type { HeaderView } from '../policy/index.ts';
import type { CheckHttp } from '../proto/index.ts';
import type { Changes } from './changes.ts';
import { withoutParameters } from './query.ts';

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

/** The request in which tokens are looked for. */
export function tokenRequest(http: CheckHttp): TokenRequest {
  return {
    method: http.method,
    path: http.path,
    scheme: http.scheme,
    authority: http.host,
    headerLines: (name) => http.headers.lines(name) ?? [],
  };
}

/** The headers that rules see: as the token filter would have left them. `istio-tried`, point 14. */
export function headersAfter(http: CheckHttp, changes: Changes): HeaderView {
  return {
    lines(name) {
      const field = PSEUDO_HEADERS.find(([pseudo]) => pseudo === name)?.[1];
      if (field !== undefined) {
        const value =
          field === 'path' ? withoutParameters(http.path, changes.removeQueryParameters) : http[field];
        return value === '' ? undefined : [value];
      }
      const set = changes.setHeaders.get(name);
      return set ?? (changes.removeHeaders.has(name) ? undefined : http.headers.lines(name));
    },
    joined: http.headers.encoding === 'map',
  };
}
