import { type DerNode, fieldsOf, readBitStringBytes, readDer, TAG } from './der.ts';

/** What certificates, requests and revocation lists have in common: something signed, how, and the signature. */
export interface SignedEnvelope {
  readonly signed: DerNode;
  readonly algorithm: DerNode;
  readonly signature: Uint8Array;
}

/** Reads the outermost SEQUENCE of three, strictly. Throws `ERR_X509_DER`. */
export function readSignedEnvelope(der: Uint8Array): SignedEnvelope {
  const outer = fieldsOf(readDer(der), TAG.sequence);
  const signed = outer.take(TAG.sequence);
  const algorithm = outer.take(TAG.sequence);
  const signature = readBitStringBytes(outer.take(TAG.bitString));
  outer.end();
  return { signed, algorithm, signature };
}
