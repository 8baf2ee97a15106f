import { createECDH, type ECDH, generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import type { CaKeyType } from './options.ts';

/** A fresh key pair as DER. Never logged. */
export interface KeyPair {
  /** SubjectPublicKeyInfo. */
  readonly publicKeyDer: Uint8Array;
  /** PKCS #8. */
  readonly privateKeyDer: Uint8Array;
}

/** The fixed bytes around the numbers of an EC key: RFC 5480 and RFC 5915 inside of PKCS #8. */
interface EcForm {
  readonly curve: string;
  readonly scalarBytes: number;
  readonly publicPrefix: Buffer;
  readonly privatePrefix: Buffer;
  readonly privateMiddle: Buffer;
}

const P256: EcForm = {
  curve: 'prime256v1',
  scalarBytes: 32,
  publicPrefix: Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex'),
  privatePrefix: Buffer.from(
    '308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420',
    'hex',
  ),
  privateMiddle: Buffer.from('a144034200', 'hex'),
};

const P384: EcForm = {
  curve: 'secp384r1',
  scalarBytes: 48,
  publicPrefix: Buffer.from('3076301006072a8648ce3d020106052b81040022036200', 'hex'),
  privatePrefix: Buffer.from('3081b6020100301006072a8648ce3d020106052b8104002204819e30819b0201010430', 'hex'),
  privateMiddle: Buffer.from('a164036200', 'hex'),
};

/**
 * A new key pair. EC keys are made at once, by filling a fixed form: exporting a KeyObject costs six times
 * as much. RSA keys take up to a second and are made off the event loop.
 */
export async function newKeyPair(keyType: CaKeyType): Promise<KeyPair> {
  switch (keyType) {
    case 'ec-p256':
      return newEcKeyPair(P256);
    case 'ec-p384':
      return newEcKeyPair(P384);
    case 'rsa-2048':
    case 'rsa-3072':
    case 'rsa-4096':
      return newRsaKeyPair(Number(keyType.slice('rsa-'.length)));
  }
}

/** Whether the bytes have the form of a P-256 or P-384 key, of which there is only one. */
export function hasEcForm(publicKeyDer: Uint8Array): boolean {
  const bytes = Buffer.from(publicKeyDer.buffer, publicKeyDer.byteOffset, publicKeyDer.byteLength);
  return [P256, P384].some(
    ({ publicPrefix, scalarBytes }) =>
      bytes.length === publicPrefix.length + 1 + 2 * scalarBytes &&
      bytes[publicPrefix.length] === 4 &&
      bytes.subarray(0, publicPrefix.length).equals(publicPrefix),
  );
}

/** One for each curve, since making one costs a tenth of a key; it makes another number each time it is asked. */
const GENERATORS = new Map<EcForm, ECDH>();

function newEcKeyPair(form: EcForm): KeyPair {
  let ecdh = GENERATORS.get(form);
  if (ecdh === undefined) {
    ecdh = createECDH(form.curve);
    GENERATORS.set(form, ecdh);
  }
  const point = ecdh.generateKeys();
  const scalar = ecdh.getPrivateKey();
  const { publicPrefix, privatePrefix, privateMiddle, scalarBytes } = form;
  const publicKeyDer = new Uint8Array(publicPrefix.length + point.length);
  publicKeyDer.set(publicPrefix);
  publicKeyDer.set(point, publicPrefix.length);
  const scalarEnd = privatePrefix.length + scalarBytes;
  const privateKeyDer = new Uint8Array(scalarEnd + privateMiddle.length + point.length);
  privateKeyDer.set(privatePrefix);
  // One in 256 numbers is short by a byte or more; zeros go before it.
  privateKeyDer.set(scalar, scalarEnd - scalar.length);
  privateKeyDer.set(privateMiddle, scalarEnd);
  privateKeyDer.set(point, scalarEnd + privateMiddle.length);
  return { publicKeyDer, privateKeyDer };
}

const generate = promisify(generateKeyPair);

async function newRsaKeyPair(modulusLength: number): Promise<KeyPair> {
  const pair = await generate('rsa', {
    modulusLength,
    publicKeyEncoding: { format: 'der', type: 'spki' },
    privateKeyEncoding: { format: 'der', type: 'pkcs8' },
  });
  return {
    publicKeyDer: new Uint8Array(pair.publicKey),
    privateKeyDer: new Uint8Array(pair.privateKey),
  };
}
