import { hash } from 'node:crypto';
import { fieldsOf, readBitStringBytes, readDer, TAG } from './der.ts';

/** The key id of a SubjectPublicKeyInfo: SHA-1 over the bits of the key, RFC 5280 section 4.2.1.2 (1). */
export function keyIdOf(publicKeyDer: Uint8Array): string {
  const fields = fieldsOf(readDer(publicKeyDer), TAG.sequence);
  fields.take(TAG.sequence);
  const bits = readBitStringBytes(fields.take(TAG.bitString));
  return hash('sha1', bits, 'hex');
}
