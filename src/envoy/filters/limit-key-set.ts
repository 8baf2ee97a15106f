import { importKeySet } from '../../jwt/index.ts';

/**
 * A key set (RFC 7517) by which Envoy verifies the given algorithms alone: Envoy's filter has no setting for
 * them, but a key with `alg` serves no other. A key without stands there once for each algorithm of its
 * type. What is left out can only make a token be refused.
 */
export function limitKeySet(jwks: string, algorithms: readonly string[]): string {
  const allowed = new Set(algorithms);
  const keys = keysOf(jwks).flatMap((key) => {
    const named = key['alg'];
    const possible = typeof named === 'string' && named !== '' ? [named] : algorithmsOf(key);
    return possible.filter((alg) => allowed.has(alg)).map((alg) => ({ ...key, alg }));
  });
  return JSON.stringify({ keys });
}

/** Whether Envoy finds a key in the set: it looks at what a key is, not at what it is said to be for. */
export function hasUsableKey(jwks: string): boolean {
  const keys = keysOf(jwks).map(({ use: _, key_ops: __, ...key }) => key);
  return importKeySet(JSON.stringify({ keys }), { allowSymmetric: true, rsaBitsMin: RSA_BITS_MIN_OF_ENVOY })
    .ok;
}

const RSA_BITS_MIN_OF_ENVOY = 512;

const BY_TYPE: ReadonlyMap<unknown, readonly string[]> = new Map([
  ['RSA', ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']],
  ['OKP', ['EdDSA']],
  ['oct', ['HS256', 'HS384', 'HS512']],
]);

const BY_CURVE: ReadonlyMap<unknown, readonly string[]> = new Map([
  ['P-256', ['ES256']],
  ['P-384', ['ES384']],
  ['P-521', ['ES512']],
]);

/** Envoy takes an EC key that names no curve for one of P-256. */
function algorithmsOf(key: JsonWebKey): readonly string[] {
  const known = key['kty'] === 'EC' ? BY_CURVE.get(key['crv'] ?? 'P-256') : BY_TYPE.get(key['kty']);
  return known ?? [];
}

interface JsonWebKey {
  readonly [member: string]: unknown;
}

function keysOf(jwks: string): readonly JsonWebKey[] {
  const document: unknown = JSON.parse(jwks);
  const keys = isObject(document) ? document['keys'] : undefined;
  return Array.isArray(keys) ? keys.filter(isObject) : [];
}

function isObject(value: unknown): value is JsonWebKey {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
