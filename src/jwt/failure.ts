import type { TokenRejectReason } from './authenticate-types.ts';

/** What a refusal looks like to the client and in the log. */
interface Failure {
  readonly reason: TokenRejectReason;
  readonly httpStatus: 401 | 403;
  readonly body: string;
}

/**
 * Every way a token can fail, with the text that Envoy's jwt_authn filter answers; those marked `own` are
 * refusals that Envoy does not make (see `divergences.ts`). Istio specification, section 2.4.
 */
export const TOKEN_FAILURES = {
  missing: refusal('token_missing', 'Jwt is missing'),
  form: malformed('Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections'),
  headerBase64: malformed('Jwt header is an invalid Base64url encoded'),
  headerJson: malformed('Jwt header is an invalid JSON'),
  headerAlgMissing: algorithm('Jwt header [alg] field is required and must be a string'),
  headerAlgUnsupported: algorithm('Jwt header [alg] is not supported'),
  headerKid: malformed('Jwt header [kid] field is not a string'),
  payloadBase64: malformed('Jwt payload is an invalid Base64url encoded'),
  payloadJson: malformed('Jwt payload is an invalid JSON'),
  issNotString: malformed('Jwt payload [iss] field is not a string'),
  subNotString: malformed('Jwt payload [sub] field is not a string'),
  iatNotNumber: malformed('Jwt payload [iat] field is not an integer'),
  iatOutOfRange: malformed('Jwt payload [iat] field is not a positive 64 bit integer'),
  nbfNotNumber: malformed('Jwt payload [nbf] field is not an integer'),
  nbfOutOfRange: malformed('Jwt payload [nbf] field is not a positive 64 bit integer'),
  expNotNumber: malformed('Jwt payload [exp] field is not an integer'),
  expOutOfRange: malformed('Jwt payload [exp] field is not a positive 64 bit integer'),
  jtiNotString: malformed('Jwt payload [jti] field is not a string'),
  audNotStrings: malformed('Jwt payload [aud] field is not a string or string list'),
  signatureBase64: malformed('Jwt signature is an invalid Base64url encoded'),
  issuer: refusal('token_issuer_unknown', 'Jwt issuer is not configured'),
  expired: refusal('token_expired', 'Jwt is expired'),
  notYetValid: refusal('token_not_yet_valid', 'Jwt not yet valid'),
  audience: { ...refusal('token_audience', 'Audiences in Jwt are not allowed'), httpStatus: 403 },
  keyUnknown: refusal('token_key_unknown', "Jwks doesn't have key to match kid or alg from Jwt"),
  signature: refusal('token_signature', 'Jwt verification fails'),
  signatureLengthEd25519: refusal('token_signature', 'Jwt ED25519 signature is wrong length'),
  keysUnusable: refusal('token_keys_unusable', "Jwks doesn't have any valid public key"),
  // own
  tooLong: malformed('Jwt is too long'),
  tooMany: malformed('Found multiple Jwt tokens'),
  headerCrit: malformed('Jwt header [crit] is not supported'),
  headerB64: malformed('Jwt header [b64] is not supported'),
  headerNested: malformed('Jwt header [cty] is not supported'),
  outputUnsafe: malformed('Jwt payload has a claim that cannot be sent in a header'),
} as const satisfies Record<string, Failure>;

export type TokenFailure = keyof typeof TOKEN_FAILURES;

/**
 * Those marked `own` end the request, whatever other rules and tokens there are: Envoy takes such a token, or
 * answers 503 for what is in it, so no other rule may speak for the caller instead.
 */
export function endsRequest(failure: TokenFailure): boolean {
  return OWN_FAILURES.has(failure);
}

const OWN_FAILURES: ReadonlySet<TokenFailure> = new Set([
  'tooLong',
  'tooMany',
  'headerCrit',
  'headerB64',
  'headerNested',
  'outputUnsafe',
] as const);

function refusal(reason: TokenRejectReason, body: string): Failure & { readonly httpStatus: 401 } {
  return { reason, httpStatus: 401, body };
}

function malformed(body: string): Failure {
  return refusal('token_malformed', body);
}

function algorithm(body: string): Failure {
  return refusal('token_algorithm', body);
}
