import { type Clock, SallyportError } from '../base/index.ts';
import { type CaOptions, issueJwtSvid, TTL_RATIO } from '../ca/index.ts';
import type { SpiffeId, TrustBundle, TrustDomain } from '../identity/index.ts';
import { type Claims, importKeySet, type KeySet, verifyJwtSvid } from '../jwt/index.ts';
import type { IssuerEventSink } from './issuer-event.ts';
import type { JwtKeys } from './jwt-keys.ts';

export interface JwtSvidRequest {
  readonly spiffeId: SpiffeId;
  /** At least one. */
  readonly audiences: readonly string[];
  /** Undefined takes the default of the CA. */
  readonly ttlSeconds: number | undefined;
}

/** A JWT-SVID. The token is a secret: never logged. */
export interface JwtSvid {
  readonly spiffeId: SpiffeId;
  readonly token: string;
  readonly expiresAtSeconds: number;
}

export interface ValidatedJwtSvid {
  readonly spiffeId: SpiffeId;
  readonly claims: Claims;
}

/** Tokens of our trust domain: made, and judged. */
export interface JwtIssuer {
  /** A token that is new, ending early when its key does. Rejects with a SallyportError. */
  jwtSvid(request: JwtSvidRequest): Promise<JwtSvid>;
  /** Throws `ERR_ISSUER_JWT_SVID` for a token that may not be believed. */
  validateJwtSvid(token: string, audience: string): ValidatedJwtSvid;
}

export interface JwtSvidsInput {
  readonly trustDomain: TrustDomain;
  readonly keys: () => JwtKeys;
  readonly bundle: () => TrustBundle;
  readonly options: CaOptions;
  readonly clock: Clock;
  readonly events: IssuerEventSink;
}

const TTL_SECONDS_DEFAULT = 300;

export function createJwtSvids(input: JwtSvidsInput): JwtIssuer {
  const { trustDomain, clock, bundle } = input;
  let keySet: { readonly bundle: TrustBundle; readonly keys: KeySet } | undefined;
  const keysNow = (): KeySet => {
    if (keySet?.bundle !== bundle()) {
      keySet = { bundle: bundle(), keys: keySetOf(bundle()) };
    }
    return keySet.keys;
  };
  return {
    jwtSvid: (request) => issue(request, input),
    validateJwtSvid(token, audience) {
      const nowSeconds = clock.nowMillis() / 1000;
      const verdict = verifyJwtSvid(token, { keys: keysNow(), trustDomain, audience, nowSeconds });
      if (!verdict.ok) {
        throw new SallyportError('ERR_ISSUER_JWT_SVID', `a JWT-SVID is refused: ${verdict.reason}`);
      }
      return verdict;
    },
  };
}

async function issue(request: JwtSvidRequest, input: JwtSvidsInput): Promise<JwtSvid> {
  const { options, clock } = input;
  const { spiffeId, audiences } = request;
  const key = input.keys().active;
  const issuedAtSeconds = Math.floor(clock.nowMillis() / 1000);
  const ttlSeconds = request.ttlSeconds ?? jwtTtlSeconds(options);
  const wishedSeconds = Math.floor(issuedAtSeconds + ttlSeconds);
  const expiresAtSeconds = Math.min(wishedSeconds, Math.floor(key.notAfterSeconds));
  const token = await issueJwtSvid(
    { spiffeId, audiences, issuedAtSeconds, expiresAtSeconds, issuer: input.options.jwtIssuer },
    key,
  );
  if (expiresAtSeconds < wishedSeconds) {
    const shorterBySeconds = wishedSeconds - expiresAtSeconds;
    input.events({
      level: 'warn',
      event: 'issuer.shortened',
      message: `a token ends ${shorterBySeconds} s early, because its key does`,
      fields: { spiffeId: spiffeId.uri, shorterBySeconds },
    });
  }
  return { spiffeId, token, expiresAtSeconds };
}

/** Five minutes, or what every JWT key can honour where that is less. */
function jwtTtlSeconds({ jwtTtl, caTtl }: CaOptions): number {
  return jwtTtl?.seconds ?? Math.max(1, Math.floor(Math.min(TTL_SECONDS_DEFAULT, caTtl.seconds / TTL_RATIO)));
}

function keySetOf({ jwtAuthorities }: TrustBundle): KeySet {
  const text = JSON.stringify({
    keys: jwtAuthorities.map(({ keyId, publicKey }) => ({ ...publicKey, kid: keyId })),
  });
  const imported = importKeySet(text, { allowSymmetric: false });
  if (!imported.ok) {
    throw imported.error;
  }
  return imported.keys;
}
