import { SallyportError } from '../base/index.ts';
import type { FetchedDocument, KeyFetch, KeyFetchRequest } from './key-fetch.ts';

/** Where an issuer's discovery document is (OpenID Connect Discovery 1.0, section 4.1). */
export function discoveryUrl(issuer: string): string {
  return `${issuer.endsWith('/') ? issuer.slice(0, -1) : issuer}/.well-known/openid-configuration`;
}

/**
 * The `jwks_uri` of an issuer. The document must name the same issuer, character by character (section
 * 4.3): otherwise one issuer could speak for another. Throws `ERR_KEY_DISCOVERY` and what `fetch` throws.
 */
export async function discoverKeySet(
  fetch: KeyFetch,
  issuer: string,
  request: Omit<KeyFetchRequest, 'url'>,
): Promise<string> {
  const document = parsed(await fetch({ ...request, url: discoveryUrl(issuer) }));
  if (document?.['issuer'] !== issuer) {
    throw new SallyportError('ERR_KEY_DISCOVERY', 'the discovery document names another issuer, or none');
  }
  const uri = document['jwks_uri'];
  if (typeof uri !== 'string') {
    throw new SallyportError('ERR_KEY_DISCOVERY', 'the discovery document has no `jwks_uri`');
  }
  return uri;
}

function parsed(document: FetchedDocument): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(document.text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
