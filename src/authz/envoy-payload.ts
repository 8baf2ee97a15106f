import { type VerifiedToken, vouchedToken } from '../jwt/index.ts';
import type { CheckRequest } from '../proto/index.ts';
import type { AuthzProfile } from './options.ts';

/** Where Envoy's jwt_authn filter keeps the payloads that it verified, each under its `payload_in_metadata`. */
export const JWT_AUTHN = 'envoy.filters.http.jwt_authn';

/**
 * The token that Envoy verified itself, as far as the profile believes it: of the keys that it names, the first
 * that is there. Dynamic metadata is made by Envoy's filters, never by the client; metadata of the route and any
 * other key (the filter also writes headers and failures there) is not looked at.
 */
export function envoyPayload(
  { jwtAuthnPayloads }: AuthzProfile,
  { filterMetadata }: CheckRequest,
): VerifiedToken | undefined | 'malformed' {
  const payloads = jwtAuthnPayloads.length === 0 ? undefined : filterMetadata.get(JWT_AUTHN);
  const key = jwtAuthnPayloads.find((name) => payloads?.[name] !== undefined);
  const payload = key === undefined ? undefined : payloads?.[key];
  if (key === undefined || payload === undefined) {
    return undefined;
  }
  return typeof payload !== 'object' || payload === null || isList(payload)
    ? 'malformed'
    : (vouchedToken(payload, `${JWT_AUTHN}#${key}`) ?? 'malformed');
}

function isList(value: object): value is readonly unknown[] {
  return Array.isArray(value);
}
