import { LIMITS } from '../base/index.ts';
import { verifySignature } from './algorithm.ts';
import type { KeySet } from './authenticate-types.ts';
import type { TokenFailure } from './failure.ts';
import { type ImportedKey, keysOf } from './key-set.ts';
import { type ParsedToken, signedParts } from './parse-token.ts';

/** Counts what was done for one request. */
export interface Work {
  keysTried: number;
}

const ED25519_SIGNATURE_BYTES = 64;

/**
 * Looks for a key of the set that made the token's signature; undefined when one did. A key is tried when its
 * `kid` and its `alg` are absent or equal to the token's, in the order of the set. Two habits of Envoy are kept
 * because a token must not pass here that it refuses (tried, `istio-tried` 10 and 11): a key counts as found
 * even if its type does not fit, and an Ed25519 key ends the search when the signature is not 64 bytes long.
 */
export function verifyToken(
  text: string,
  token: ParsedToken,
  set: KeySet,
  work: Work = { keysTried: 0 },
): TokenFailure | undefined {
  const { input, signature } = signedParts(text);
  let tried = 0;
  for (const key of keysOf(set)) {
    if (!isCandidate(key, token)) {
      continue;
    }
    tried += 1;
    if (tried > LIMITS.keysTriedPerToken) {
      break;
    }
    work.keysTried += 1;
    if (key.shape === 'Ed25519' && signature.length !== ED25519_SIGNATURE_BYTES) {
      return 'signatureLengthEd25519';
    }
    if (verifySignature(token.algorithm, key.shape, key.key, input, signature)) {
      return undefined;
    }
  }
  return tried === 0 ? 'keyUnknown' : 'signature';
}

/** True when the set has no key of the token's name, so that a newer set may know it. */
export function namesUnknownKey(token: ParsedToken, set: KeySet): boolean {
  return token.keyId !== '' && !keysOf(set).some((key) => key.keyId === token.keyId);
}

function isCandidate(key: ImportedKey, token: ParsedToken): boolean {
  return (
    (token.keyId === '' || key.keyId === '' || key.keyId === token.keyId) &&
    (key.algorithm === undefined || key.algorithm === token.algorithm)
  );
}
