import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { type DerNode, fieldsOf, readDer, readOid, TAG } from './der.ts';

/** The algorithms we sign with or accept a signature of. RFC 5758, RFC 8017, RFC 8410. */
export type SignatureAlgorithm =
  | 'ecdsa-with-SHA256'
  | 'ecdsa-with-SHA384'
  | 'ecdsa-with-SHA512'
  | 'sha256WithRSAEncryption'
  | 'sha384WithRSAEncryption'
  | 'sha512WithRSAEncryption'
  | 'Ed25519';

interface AlgorithmRow {
  readonly oid: string;
  /** Whole AlgorithmIdentifier; anything else under the same OID is not ours. */
  readonly der: string;
  readonly keyType: 'ec' | 'rsa' | 'ed25519';
  readonly hash: 'sha256' | 'sha384' | 'sha512' | undefined;
}

export const SIGNATURE_ALGORITHMS: Readonly<Record<SignatureAlgorithm, AlgorithmRow>> = {
  'ecdsa-with-SHA256': ecdsa('1.2.840.10045.4.3.2', '02', 'sha256'),
  'ecdsa-with-SHA384': ecdsa('1.2.840.10045.4.3.3', '03', 'sha384'),
  'ecdsa-with-SHA512': ecdsa('1.2.840.10045.4.3.4', '04', 'sha512'),
  sha256WithRSAEncryption: rsa('1.2.840.113549.1.1.11', '0b', 'sha256'),
  sha384WithRSAEncryption: rsa('1.2.840.113549.1.1.12', '0c', 'sha384'),
  sha512WithRSAEncryption: rsa('1.2.840.113549.1.1.13', '0d', 'sha512'),
  Ed25519: { oid: '1.3.101.112', der: '300506032b6570', keyType: 'ed25519', hash: undefined },
};

const BY_DER: ReadonlyMap<string, SignatureAlgorithm> = new Map(
  (Object.keys(SIGNATURE_ALGORITHMS) as SignatureAlgorithm[]).map((name) => [
    SIGNATURE_ALGORITHMS[name].der,
    name,
  ]),
);

const CURVES: ReadonlySet<string> = new Set(['prime256v1', 'secp384r1', 'secp521r1']);
const RSA_BITS_MIN = 2048;
const RSA_BITS_MAX = 8192;

export function isSignatureAlgorithm(name: string): name is SignatureAlgorithm {
  return Object.hasOwn(SIGNATURE_ALGORITHMS, name);
}

/** The name of a known algorithm with exactly its parameters, otherwise the object identifier. */
export function readSignatureAlgorithm(node: DerNode): string {
  const { buffer, byteOffset, byteLength } = node.bytes;
  const name = BY_DER.get(Buffer.from(buffer, byteOffset, byteLength).toString('hex'));
  return name ?? readOid(fieldsOf(node, TAG.sequence).take(TAG.oid));
}

/** The algorithm that goes with a key: SHA-384 for P-384, SHA-256 for P-256 and RSA; undefined for others. */
export function signatureAlgorithmOf(key: KeyObject): SignatureAlgorithm | undefined {
  const known = ALGORITHM_OF.get(key);
  if (known !== undefined) {
    return known;
  }
  const algorithm = fittingAlgorithm(key);
  if (algorithm !== undefined) {
    ALGORITHM_OF.set(key, algorithm);
  }
  return algorithm;
}

/** A key never changes, and its details are read anew each time. */
const ALGORITHM_OF = new WeakMap<KeyObject, SignatureAlgorithm>();

function fittingAlgorithm(key: KeyObject): SignatureAlgorithm | undefined {
  switch (key.asymmetricKeyType) {
    case 'ec':
      return key.asymmetricKeyDetails?.namedCurve === 'prime256v1'
        ? 'ecdsa-with-SHA256'
        : key.asymmetricKeyDetails?.namedCurve === 'secp384r1'
          ? 'ecdsa-with-SHA384'
          : undefined;
    case 'rsa':
      return 'sha256WithRSAEncryption';
    case 'ed25519':
      return 'Ed25519';
    default:
      return undefined;
  }
}

/**
 * The public key of a SubjectPublicKeyInfo when it is of a kind and size that we accept: P-256, P-384,
 * P-521, RSA of 2048 to 8192 bits, Ed25519. Otherwise undefined.
 */
export function readPublicKey(publicKeyDer: Uint8Array): KeyObject | undefined {
  try {
    readDer(publicKeyDer);
    const key = createPublicKey({ key: Buffer.from(publicKeyDer), format: 'der', type: 'spki' });
    return isAcceptedKey(key) ? key : undefined;
  } catch {
    return undefined;
  }
}

/** Whether `signature` over `data` is by `key`. False too for algorithms and keys we do not accept. */
export function verifySignature(
  data: Uint8Array,
  algorithm: string,
  signature: Uint8Array,
  key: KeyObject,
): boolean {
  const row = isSignatureAlgorithm(algorithm) ? SIGNATURE_ALGORITHMS[algorithm] : undefined;
  if (row === undefined || key.asymmetricKeyType !== row.keyType || !isAcceptedKey(key)) {
    return false;
  }
  try {
    return verify(row.hash ?? null, data, key, signature);
  } catch {
    return false;
  }
}

/** Keys that were looked at and accepted; a key never changes, and its details are read anew each time. */
const ACCEPTED = new WeakSet<KeyObject>();

function isAcceptedKey(key: KeyObject): boolean {
  if (ACCEPTED.has(key)) {
    return true;
  }
  const isAccepted = hasAcceptedForm(key);
  if (isAccepted) {
    ACCEPTED.add(key);
  }
  return isAccepted;
}

function hasAcceptedForm(key: KeyObject): boolean {
  const details = key.asymmetricKeyDetails;
  switch (key.asymmetricKeyType) {
    case 'ec':
      return CURVES.has(details?.namedCurve ?? '');
    case 'rsa': {
      const bits = details?.modulusLength ?? 0;
      return bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX;
    }
    case 'ed25519':
      return true;
    default:
      return false;
  }
}

function ecdsa(oid: string, last: string, hash: 'sha256' | 'sha384' | 'sha512'): AlgorithmRow {
  return { oid, der: `300a06082a8648ce3d0403${last}`, keyType: 'ec', hash };
}

function rsa(oid: string, last: string, hash: 'sha256' | 'sha384' | 'sha512'): AlgorithmRow {
  return { oid, der: `300d06092a864886f70d0101${last}0500`, keyType: 'rsa', hash };
}
