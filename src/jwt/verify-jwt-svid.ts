import { LIMITS } from '../base/index.ts';
import { readSpiffeId, type SpiffeId, type TrustDomain } from '../identity/index.ts';
import type { KeySet } from './authenticate-types.ts';
import { decodeBase64url, decodeUtf8 } from './base64url.ts';
import { parseToken } from './parse-token.ts';
import { readJsonObject } from './strict-json.ts';
import type { Claims } from './verified-token.ts';
import { verifyToken } from './verify-token.ts';

export interface JwtSvidCheck {
  /** The JWT keys of `trustDomain`, each with its `kid`. */
  readonly keys: KeySet;
  readonly trustDomain: TrustDomain;
  /** Who the token is shown to. */
  readonly audience: string;
  readonly nowSeconds: number;
}

export type JwtSvidVerdict =
  | { readonly ok: true; readonly spiffeId: SpiffeId; readonly claims: Claims }
  /** The reason names the rule and nothing of the token. */
  | { readonly ok: false; readonly reason: string };

const ALGORITHMS: ReadonlySet<unknown> = new Set(
  ['RS', 'ES', 'PS'].flatMap((kind) => ['256', '384', '512'].map((bits) => `${kind}${bits}`)),
);
const HEADERS: ReadonlySet<string> = new Set(['alg', 'kid', 'typ']);
/** Between clocks of one trust domain, for tokens that start at a given time. */
const LEEWAY_SECONDS = 10;

/** Judges a JWT-SVID by sections 2 to 4 of its standard; header rules come before the signature is looked at. */
export function verifyJwtSvid(text: string, check: JwtSvidCheck): JwtSvidVerdict {
  const headerFault = text.length > LIMITS.tokenBytes ? 'it is too long' : faultOfHeader(text);
  if (headerFault !== undefined) {
    return { ok: false, reason: headerFault };
  }
  const parsed = parseToken(text);
  if (!parsed.ok) {
    return { ok: false, reason: `it is not a token (${parsed.failure})` };
  }
  const { subject, audiences, expiresAtSeconds, notBeforeSeconds, claims } = parsed.token;
  const spiffeId = subject === undefined ? undefined : readSpiffeId(subject);
  if (spiffeId === undefined || spiffeId.path === '') {
    return { ok: false, reason: '`sub` is not the SPIFFE ID of a workload' };
  }
  if (spiffeId.trustDomain !== check.trustDomain) {
    return { ok: false, reason: 'there is no bundle for its trust domain' };
  }
  if (verifyToken(text, parsed.token, check.keys) !== undefined) {
    return { ok: false, reason: 'no key of the bundle made its signature' };
  }
  if (expiresAtSeconds === undefined || expiresAtSeconds <= check.nowSeconds) {
    return { ok: false, reason: 'it is past its end, or has none' };
  }
  if (notBeforeSeconds > check.nowSeconds + LEEWAY_SECONDS) {
    return { ok: false, reason: 'it is not valid yet' };
  }
  if (!audiences.includes(check.audience)) {
    return { ok: false, reason: 'it is meant for another audience' };
  }
  return { ok: true, spiffeId, claims };
}

function faultOfHeader(text: string): string | undefined {
  const bytes = decodeBase64url(text.slice(0, Math.max(0, text.indexOf('.'))));
  const json = bytes === undefined ? undefined : decodeUtf8(bytes);
  const header = json === undefined ? undefined : readJsonObject(json, LIMITS.tokenJsonDepth)?.members;
  if (header === undefined) {
    return 'its header is not JSON';
  }
  if (!ALGORITHMS.has(header.get('alg'))) {
    return 'its algorithm is not one of the standard';
  }
  if ([...header.keys()].some((name) => !HEADERS.has(name))) {
    return 'its header has a member that must not be there';
  }
  const type = header.get('typ');
  if (type !== undefined && type !== 'JWT' && type !== 'JOSE') {
    return '`typ` is neither JWT nor JOSE';
  }
  const keyId = header.get('kid');
  return typeof keyId === 'string' && keyId !== '' ? undefined : 'it names no key';
}
