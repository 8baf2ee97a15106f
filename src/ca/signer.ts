import { createPrivateKey, type KeyObject, sign } from 'node:crypto';

/**
 * Signs the bytes of a TBSCertificate with the algorithm that goes with the key (`signatureAlgorithmOf`).
 * An argument wherever it is used, so that the key may live elsewhere, such as in a KMS.
 */
export type Sign = (tbsDer: Uint8Array) => Promise<Uint8Array>;

/** Signs with a private key in PKCS #8 DER. EC signs at once, RSA off the event loop. */
export function signerOf(privateKeyDer: Uint8Array): Sign {
  const key = createPrivateKey({ key: Buffer.from(privateKeyDer), format: 'der', type: 'pkcs8' });
  const hash = key.asymmetricKeyDetails?.namedCurve === 'secp384r1' ? 'sha384' : 'sha256';
  return key.asymmetricKeyType === 'rsa'
    ? (tbsDer) => signOffLoop(hash, tbsDer, key)
    : async (tbsDer) => new Uint8Array(sign(hash, tbsDer, key));
}

function signOffLoop(hash: string, data: Uint8Array, key: KeyObject): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    sign(hash, data, key, (error, signature) => {
      if (error === null) {
        resolve(new Uint8Array(signature));
      } else {
        reject(error);
      }
    });
  });
}
