import { SallyportError } from '../base/index.ts';
import type { KeySetSource } from '../jwt/index.ts';
import { discoveryUrl } from './discovery.ts';
import { checkKeyUrl, type KeyFetchOptions } from './http-key-fetch.ts';

/** Why the keys of a source will never be fetched under these options; undefined when they may be. */
export function checkKeySource(source: KeySetSource, options: KeyFetchOptions): SallyportError | undefined {
  if (source.kind === 'inline') {
    return undefined;
  }
  try {
    checkKeyUrl(source.kind === 'uri' ? source.jwksUri : discoveryUrl(source.issuer), options);
    return undefined;
  } catch (error) {
    if (error instanceof SallyportError) {
      return error;
    }
    throw error;
  }
}
