import { createHash } from 'node:crypto';
import { jwkSetDocument, spiffeBundleDocument, type TrustBundle } from '../identity/index.ts';

export interface PublicDocument {
  readonly body: string;
  readonly contentType: string;
  /** Changes with the body and with nothing else. */
  readonly etag: string;
  readonly maxAgeSeconds: number;
}

const JSON_TYPE = 'application/json';
/** No verifier should hold on to what it fetched for longer; new keys are published well before their first use. */
const MAX_AGE_SECONDS = 300;

/**
 * By path, below the path of `jwtIssuer`: `/keys` (JWK set), `/bundle` (the SPIFFE bundle) and, where tokens
 * name an issuer, `/.well-known/openid-configuration`.
 */
export function publicDocuments(
  bundle: TrustBundle,
  jwtIssuer: string | undefined,
): ReadonlyMap<string, PublicDocument> {
  const base = jwtIssuer === undefined ? '' : new URL(jwtIssuer).pathname.replace(/\/$/, '');
  const maxAgeSeconds = Math.min(bundle.refreshHintSeconds, MAX_AGE_SECONDS);
  const document = (content: object, contentType: string): PublicDocument => {
    const body = JSON.stringify(content);
    const etag = `"${createHash('sha256').update(body).digest('base64url')}"`;
    return { body, contentType, etag, maxAgeSeconds };
  };
  const keys = jwkSetDocument(bundle);
  const documents = new Map([
    [`${base}/keys`, document(keys, 'application/jwk-set+json')],
    [`${base}/bundle`, document(spiffeBundleDocument(bundle), JSON_TYPE)],
  ]);
  if (jwtIssuer !== undefined) {
    const algorithms = [...new Set(keys.keys.map(({ alg }) => alg))];
    documents.set(
      `${base}/.well-known/openid-configuration`,
      document(discoveryOf(jwtIssuer, algorithms), JSON_TYPE),
    );
  }
  return documents;
}

/** OpenID Connect Discovery 1.0, section 3, as far as it is about verifying tokens: nobody logs in here. */
function discoveryOf(issuer: string, algorithms: readonly string[]): object {
  return {
    issuer,
    jwks_uri: `${issuer}/keys`,
    authorization_endpoint: '',
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: algorithms,
    claims_supported: ['aud', 'exp', 'iat', 'iss', 'sub'],
  };
}
