import type { KeyObject } from 'node:crypto';
import { constants, createHmac, timingSafeEqual, verify } from 'node:crypto';

/** The signature algorithms of RFC 7518 and RFC 8037 that Envoy's jwt_authn filter knows. */
export type TokenAlgorithm =
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'EdDSA'
  | 'HS256'
  | 'HS384'
  | 'HS512';

/** What a key is, as far as algorithms care. */
export type KeyShape = 'RSA' | 'P-256' | 'P-384' | 'P-521' | 'Ed25519' | 'oct';

interface AlgorithmFacts {
  readonly shape: KeyShape;
  readonly hash: string;
  /** Bytes a signature must have; undefined where the key decides. */
  readonly signatureBytes: number | undefined;
}

/** One row per algorithm; the key's shape must be the row's, so that no algorithm is used with a foreign key. */
export const ALGORITHMS: ReadonlyMap<string, AlgorithmFacts> = new Map<TokenAlgorithm, AlgorithmFacts>([
  ['RS256', { shape: 'RSA', hash: 'sha256', signatureBytes: undefined }],
  ['RS384', { shape: 'RSA', hash: 'sha384', signatureBytes: undefined }],
  ['RS512', { shape: 'RSA', hash: 'sha512', signatureBytes: undefined }],
  ['PS256', { shape: 'RSA', hash: 'sha256', signatureBytes: undefined }],
  ['PS384', { shape: 'RSA', hash: 'sha384', signatureBytes: undefined }],
  ['PS512', { shape: 'RSA', hash: 'sha512', signatureBytes: undefined }],
  ['ES256', { shape: 'P-256', hash: 'sha256', signatureBytes: 64 }],
  ['ES384', { shape: 'P-384', hash: 'sha384', signatureBytes: 96 }],
  ['ES512', { shape: 'P-521', hash: 'sha512', signatureBytes: 132 }],
  ['EdDSA', { shape: 'Ed25519', hash: '', signatureBytes: 64 }],
  ['HS256', { shape: 'oct', hash: 'sha256', signatureBytes: 32 }],
  ['HS384', { shape: 'oct', hash: 'sha384', signatureBytes: 48 }],
  ['HS512', { shape: 'oct', hash: 'sha512', signatureBytes: 64 }],
]);

export const TOKEN_ALGORITHMS: readonly string[] = [...ALGORITHMS.keys()];

export function isTokenAlgorithm(name: string): name is TokenAlgorithm {
  return ALGORITHMS.has(name);
}

/**
 * True when `signature` over `input` was made by the holder of `key` with exactly this algorithm. ECDSA
 * signatures are the two numbers side by side (RFC 7518, section 3.4), never DER; the salt of RSA-PSS is as
 * long as the hash (section 3.5).
 */
export function verifySignature(
  algorithm: TokenAlgorithm,
  shape: KeyShape,
  key: KeyObject,
  input: Buffer,
  signature: Buffer,
): boolean {
  const facts = ALGORITHMS.get(algorithm);
  if (facts === undefined || facts.shape !== shape) {
    return false;
  }
  if (facts.signatureBytes !== undefined && signature.length !== facts.signatureBytes) {
    return false;
  }
  switch (facts.shape) {
    case 'oct':
      return timingSafeEqual(createHmac(facts.hash, key).update(input).digest(), signature);
    case 'Ed25519':
      return verify(null, input, key, signature);
    case 'RSA':
      return verify(facts.hash, input, { key, ...rsaPadding(algorithm) }, signature);
    case 'P-256':
    case 'P-384':
    case 'P-521':
      return verify(facts.hash, input, { key, dsaEncoding: 'ieee-p1363' }, signature);
  }
}

function rsaPadding(algorithm: TokenAlgorithm): { readonly padding: number; readonly saltLength?: number } {
  return algorithm.startsWith('PS')
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : { padding: constants.RSA_PKCS1_PADDING };
}
