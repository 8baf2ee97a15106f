import {
  createHash,
  createPublicKey,
  createSecretKey,
  type JsonWebKeyInput,
  type KeyObject,
} from 'node:crypto';
import { type ErrorCode, LIMITS, SallyportError } from '../base/index.ts';
import { isTokenAlgorithm, type KeyShape } from './algorithm.ts';
import type { KeySet } from './authenticate-types.ts';
import { decodeBase64url } from './base64url.ts';
import { readJsonObject } from './strict-json.ts';
import type { ClaimValue } from './verified-token.ts';

export interface ImportKeySetOptions {
  /** `oct` keys count; only for sets that stand in a policy, never for fetched ones. */
  readonly allowSymmetric: boolean;
  /** 2048 unless given. */
  readonly rsaBitsMin?: number;
}

export type KeySetImport =
  | {
      readonly ok: true;
      readonly keys: KeySet;
      /** Changes whenever a key could; equal texts have equal versions. */
      readonly version: string;
      /** Keys left out because they are of no use, weak, private to other uses or unknown. */
      readonly skipped: number;
    }
  | { readonly ok: false; readonly error: SallyportError };

/** One key that can verify; `jwt` alone sees these. */
export interface ImportedKey {
  readonly keyId: string;
  /** Undefined lets any algorithm of the right shape use it. */
  readonly algorithm: string | undefined;
  readonly shape: KeyShape;
  readonly key: KeyObject;
}

export const RSA_BITS_MIN = 2048;

const CURVES: ReadonlyMap<string, KeyShape> = new Map([
  ['P-256', 'P-256'],
  ['P-384', 'P-384'],
  ['P-521', 'P-521'],
]);
const CURVE_OF_ALGORITHM: ReadonlyMap<string, string> = new Map([
  ['ES256', 'P-256'],
  ['ES384', 'P-384'],
  ['ES512', 'P-521'],
]);

const importedKeys = new WeakMap<KeySet, readonly ImportedKey[]>();

/**
 * Reads a JWK set (RFC 7517). Keys that are not understood are left out, as that section 5 asks; a set in
 * which none is left is an error, so that an empty answer can never replace a good set.
 * Errors: `ERR_KEY_SET_TOO_LARGE`, `ERR_KEY_SET_JSON`, `ERR_KEY_SET_SHAPE`, `ERR_KEY_SET_EMPTY`.
 */
export function importKeySet(jwksText: string, options: ImportKeySetOptions): KeySetImport {
  const tooLarge = Buffer.byteLength(jwksText) > LIMITS.keySetBytes;
  if (tooLarge) {
    return failed('ERR_KEY_SET_TOO_LARGE', `key set is over ${LIMITS.keySetBytes} bytes`);
  }
  const document = readJsonObject(jwksText, LIMITS.tokenJsonDepth);
  if (document === undefined) {
    return failed('ERR_KEY_SET_JSON', 'key set is not a JSON object, or names a member twice');
  }
  const list = document.members.get('keys');
  if (!Array.isArray(list)) {
    return failed('ERR_KEY_SET_SHAPE', 'key set has no list `keys`');
  }
  if (list.length > LIMITS.keySetKeys) {
    return failed('ERR_KEY_SET_TOO_LARGE', `key set has more than ${LIMITS.keySetKeys} keys`);
  }
  const imported = list
    .map((item: ClaimValue) => importKey(item, options))
    .filter((key) => key !== undefined);
  if (imported.length === 0) {
    return failed('ERR_KEY_SET_EMPTY', 'key set holds no key that can verify a token');
  }
  const keys: KeySet = Object.freeze({ size: imported.length });
  importedKeys.set(keys, imported);
  return { ok: true, keys, version: versionOf(jwksText, options), skipped: list.length - imported.length };
}

/** The keys of a set made by `importKeySet`; none for any other object. */
export function keysOf(set: KeySet): readonly ImportedKey[] {
  return importedKeys.get(set) ?? [];
}

function failed(code: ErrorCode, message: string): KeySetImport {
  return { ok: false, error: new SallyportError(code, message) };
}

function versionOf(jwksText: string, options: ImportKeySetOptions): string {
  return createHash('sha256')
    .update(`${options.allowSymmetric}:${options.rsaBitsMin ?? RSA_BITS_MIN}:`)
    .update(jwksText)
    .digest('base64url');
}

type JwkMembers = { readonly [name: string]: ClaimValue };

function importKey(item: ClaimValue, options: ImportKeySetOptions): ImportedKey | undefined {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    return undefined;
  }
  const jwk = item as JwkMembers;
  if (!mayVerify(jwk)) {
    return undefined;
  }
  try {
    switch (jwk['kty']) {
      case 'RSA':
        return importRsa(jwk, options.rsaBitsMin ?? RSA_BITS_MIN);
      case 'EC':
        return importEc(jwk);
      case 'OKP':
        return importEd25519(jwk);
      case 'oct':
        return options.allowSymmetric ? importSecret(jwk) : undefined;
      default:
        return undefined;
    }
  } catch {
    // A number that is no modulus or a point that is not on its curve: OpenSSL says no, and the key is out.
    return undefined;
  }
}

/** RFC 7517, sections 4.2 and 4.3: a key meant for something else verifies nothing. */
function mayVerify(jwk: JwkMembers): boolean {
  const use = jwk['use'];
  const operations = jwk['key_ops'];
  return (
    (use === undefined || use === 'sig') &&
    (operations === undefined || (Array.isArray(operations) && operations.includes('verify')))
  );
}

function importRsa(jwk: JwkMembers, bitsMin: number): ImportedKey | undefined {
  const key = publicKey({ kty: 'RSA', n: text(jwk, 'n'), e: text(jwk, 'e') });
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  // The exponents in use anywhere; 1 would make every message its own signature.
  const isSound = modulusLength >= bitsMin && (publicExponent === 3n || publicExponent === 65_537n);
  return isSound ? named(jwk, 'RSA', key, (algorithm) => /^[RP]S/.test(algorithm)) : undefined;
}

function importEc(jwk: JwkMembers): ImportedKey | undefined {
  const algorithm = optionalText(jwk, 'alg');
  const ofAlgorithm = algorithm === undefined ? 'P-256' : CURVE_OF_ALGORITHM.get(algorithm);
  const curve = optionalText(jwk, 'crv') ?? ofAlgorithm ?? '';
  const shape = CURVES.get(curve);
  if (shape === undefined || (algorithm !== undefined && ofAlgorithm !== curve)) {
    return undefined;
  }
  const key = publicKey({ kty: 'EC', crv: curve, x: text(jwk, 'x'), y: text(jwk, 'y') });
  return named(jwk, shape, key, () => true);
}

function importEd25519(jwk: JwkMembers): ImportedKey | undefined {
  if (jwk['crv'] !== 'Ed25519') {
    return undefined;
  }
  const key = publicKey({ kty: 'OKP', crv: 'Ed25519', x: text(jwk, 'x') });
  return named(jwk, 'Ed25519', key, (algorithm) => algorithm === 'EdDSA');
}

function importSecret(jwk: JwkMembers): ImportedKey | undefined {
  const secret = decodeBase64url(text(jwk, 'k'));
  return secret === undefined || secret.length === 0
    ? undefined
    : named(jwk, 'oct', createSecretKey(secret), (algorithm) => algorithm.startsWith('HS'));
}

function named(
  jwk: JwkMembers,
  shape: KeyShape,
  key: KeyObject,
  fits: (algorithm: string) => boolean,
): ImportedKey | undefined {
  const algorithm = optionalText(jwk, 'alg');
  if (algorithm !== undefined && !(isTokenAlgorithm(algorithm) && fits(algorithm))) {
    return undefined;
  }
  return { keyId: optionalText(jwk, 'kid') ?? '', algorithm, shape, key };
}

function publicKey(jwk: JsonWebKeyInput['key']): KeyObject {
  return createPublicKey({ key: jwk, format: 'jwk' });
}

/** The member as base64url text; what is none makes the import of this key fail. */
function text(jwk: JwkMembers, name: string): string {
  const value = jwk[name];
  if (typeof value !== 'string' || decodeBase64url(value) === undefined) {
    throw new TypeError(`member ${name} is not base64url`);
  }
  return value;
}

/** An empty text counts as absent, as in Envoy. */
function optionalText(jwk: JwkMembers, name: string): string | undefined {
  const value = jwk[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
