import type { TokenRequest } from './authenticate-types.ts';

const REALM_PATH_CHARACTERS_MAX = 256;

/**
 * The value of `WWW-Authenticate` for a refused or missing token, as Envoy writes it (RFC 6750, section 3), without
 * characters that could end the header.
 */
export function challengeFor(request: TokenRequest, isMissing: boolean): string {
  const scheme = request.headerLines('x-forwarded-proto')[0] ?? request.scheme;
  const realm =
    request.path === ''
      ? ''
      : `${scheme}://${request.authority}${request.path.slice(0, REALM_PATH_CHARACTERS_MAX)}`;
  const error = isMissing ? '' : ', error="invalid_token"';
  return `Bearer realm="${realm.replace(/\p{Cc}/gu, '')}"${error}`;
}
