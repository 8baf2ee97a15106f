import type { KeyObject } from 'node:crypto';
import type { Certificate } from './certificate.ts';
import { readPublicKey, verifySignature } from './signature-algorithm.ts';

const KEYS = new WeakMap<Certificate, { readonly key: KeyObject | undefined }>();

/** Whether the signature of `certificate` is by the key of `issuer`. Names and dates are not looked at. */
export function verifySignedBy(certificate: Certificate, issuer: Certificate): boolean {
  const key = publicKeyOf(issuer);
  return (
    key !== undefined &&
    verifySignature(certificate.tbsDer, certificate.signatureAlgorithm, certificate.signature, key)
  );
}

/** The key of a certificate, read once; undefined when it is of a kind or size we do not accept. */
export function publicKeyOf(certificate: Certificate): KeyObject | undefined {
  let entry = KEYS.get(certificate);
  if (entry === undefined) {
    entry = { key: readPublicKey(certificate.publicKeyDer) };
    KEYS.set(certificate, entry);
  }
  return entry.key;
}
