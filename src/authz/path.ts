import type { PathNormalization } from './options.ts';

export type PathReading =
  /** Without query and fragment; undefined for a CONNECT, which has none. */
  | { readonly kind: 'path'; readonly path: string | undefined }
  | { readonly kind: 'refused'; readonly reason: 'request_malformed' | 'path_not_normalized' };

/**
 * The path that rules see. Envoy normalises before it asks: a path that holds what its normalisation would
 * have removed shows that it did not, and the workload behind may read another path than the rules did.
 * Istio specification, section 1.5.
 */
export function readPath(method: string, target: string, normalization: PathNormalization): PathReading {
  if (target === '') {
    return method === 'CONNECT' ? { kind: 'path', path: undefined } : MALFORMED;
  }
  if (target === '*') {
    return method === 'OPTIONS' ? { kind: 'path', path: '*' } : MALFORMED;
  }
  const end = target.search(/[?#]/);
  const path = end < 0 ? target : target.slice(0, end);
  if (!path.startsWith('/') || hasControl(target)) {
    return MALFORMED;
  }
  if (normalization === 'NONE') {
    return { kind: 'path', path };
  }
  return target.includes('#') || LEFTOVERS[normalization].some((leftover) => leftover.test(path))
    ? { kind: 'refused', reason: 'path_not_normalized' }
    : { kind: 'path', path };
}

const MALFORMED: PathReading = { kind: 'refused', reason: 'request_malformed' };

/**
 * Dot segments, with parameters too (Envoy 1.40 takes `/..;x/` for one, 1.36 leaves it to the workload); escapes of
 * letters, digits, `-`, `.`, `_` and `~`, and of NUL; backslashes.
 */
const BASE = [
  /\/\.{1,2}(?:[;/]|$)/,
  /%(?:00|2[de]|3[0-9]|4[1-9a-f]|5[0-9af]|6[1-9a-f]|7[0-9ae])/i,
  /\\/,
] as const;
/** Envoy merges `//` alone into itself: both its first and its last slash stay. */
const SLASHES = /\/\/.|.\/\//;
const ESCAPED_SLASHES = /%(?:2f|5c)/i;

const LEFTOVERS: Readonly<Record<Exclude<PathNormalization, 'NONE'>, readonly RegExp[]>> = {
  BASE,
  MERGE_SLASHES: [...BASE, SLASHES],
  DECODE_AND_MERGE_SLASHES: [...BASE, SLASHES, ESCAPED_SLASHES],
};

/** Control characters and the space, which no HTTP request line can hold. */
function hasControl(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code <= 0x20 || code === 0x7f) {
      return true;
    }
  }
  return false;
}
