import { SallyportError } from '../base/index.ts';
import { parseTrustDomain, type TrustDomain } from './trust-domain.ts';

declare const brand: unique symbol;

/** A SPIFFE ID that the grammar allows; only `parseSpiffeId` and `spiffeIdOf` make one. */
export interface SpiffeId {
  readonly [brand]: 'SpiffeId';
  /** The whole ID: `spiffe://example.org/ns/web/sa/frontend`. */
  readonly uri: string;
  readonly trustDomain: TrustDomain;
  /** With its leading slash; empty for the ID of a trust domain. */
  readonly path: string;
}

const SCHEME = 'spiffe://';
const SPIFFE_ID_BYTES_MAX = 2048;

/** Reads a SPIFFE ID, with or without a path. SPIFFE-ID standard, section 2. Throws `ERR_SPIFFE_ID_*`. */
export function parseSpiffeId(text: string): SpiffeId {
  if (text === '') {
    throw new SallyportError('ERR_SPIFFE_ID_EMPTY', 'SPIFFE ID is empty');
  }
  if (!text.startsWith(SCHEME)) {
    throw new SallyportError('ERR_SPIFFE_ID_SCHEME', 'SPIFFE ID does not start with `spiffe://`');
  }
  if (Buffer.byteLength(text) > SPIFFE_ID_BYTES_MAX) {
    throw new SallyportError('ERR_SPIFFE_ID_TOO_LONG', `SPIFFE ID is over ${SPIFFE_ID_BYTES_MAX} bytes`);
  }
  const rest = text.slice(SCHEME.length);
  const slash = rest.indexOf('/');
  const trustDomain = parseTrustDomain(slash < 0 ? rest : rest.slice(0, slash));
  const path = slash < 0 ? '' : rest.slice(slash);
  checkPath(path);
  return { uri: text, trustDomain, path } as SpiffeId;
}

/** The ID of `path` (with its leading slash, or empty) in `trustDomain`. Throws like `parseSpiffeId`. */
export function spiffeIdOf(trustDomain: TrustDomain, path: string): SpiffeId {
  return parseSpiffeId(`${SCHEME}${trustDomain}${path}`);
}

/** The ID, or undefined when the text is not one. */
export function readSpiffeId(text: string): SpiffeId | undefined {
  try {
    return parseSpiffeId(text);
  } catch {
    return undefined;
  }
}

/** What is fine is seen at once; what is not is looked at by segment, to say what is wrong with it. */
const GOOD_PATH = /^(?:\/[A-Za-z0-9._-]+)*$/;
const DOT_SEGMENT = /\/\.\.?(?:\/|$)/;

function checkPath(path: string): void {
  if (GOOD_PATH.test(path) && !DOT_SEGMENT.test(path)) {
    return;
  }
  if (path.endsWith('/')) {
    throw new SallyportError('ERR_SPIFFE_ID_PATH_TRAILING_SLASH', 'SPIFFE ID path ends with a slash');
  }
  for (const segment of path.slice(1).split('/')) {
    if (segment === '') {
      throw new SallyportError('ERR_SPIFFE_ID_PATH_EMPTY_SEGMENT', 'SPIFFE ID path has an empty segment');
    }
    if (segment === '.' || segment === '..') {
      throw new SallyportError('ERR_SPIFFE_ID_PATH_DOT_SEGMENT', 'SPIFFE ID path has a dot segment');
    }
    if (!/^[A-Za-z0-9._-]+$/.test(segment)) {
      throw new SallyportError(
        'ERR_SPIFFE_ID_PATH_CHAR',
        'SPIFFE ID path characters are limited to letters, digits, dots, dashes and underscores',
      );
    }
  }
}
