import { LIMITS, SallyportError } from '../base/index.ts';
import { readPublicKeyInfo } from './certificate.ts';
import { type DerNode, derError, expectTag, fieldsOf, readOid, readSmallInteger, TAG } from './der.ts';
import { type DistinguishedName, readName } from './distinguished-name.ts';
import { type Extensions, NO_EXTENSIONS, readExtensions } from './extensions.ts';
import { OID } from './oids.ts';
import { readPublicKey, readSignatureAlgorithm, verifySignature } from './signature-algorithm.ts';
import { readSignedEnvelope } from './signed-envelope.ts';

/** A certification request (PKCS #10, RFC 2986) whose signature by its own key was verified. */
export interface CertificateRequest {
  readonly subject: DistinguishedName;
  /** SubjectPublicKeyInfo of an accepted kind and size. */
  readonly publicKeyDer: Uint8Array;
  /** What the request asks for; a wish, nothing more. */
  readonly extensions: Extensions;
}

/** Reads a request and verifies that its maker holds the key. Throws `ERR_X509_*` or `ERR_LIMIT_EXCEEDED`. */
export function readCsr(der: Uint8Array): CertificateRequest {
  if (der.length > LIMITS.certificateBytes) {
    throw new SallyportError('ERR_LIMIT_EXCEEDED', `CSR is over ${LIMITS.certificateBytes} bytes`);
  }
  const { signed: info, signature, ...envelope } = readSignedEnvelope(Uint8Array.from(der));
  const algorithm = readSignatureAlgorithm(envelope.algorithm);
  const fields = fieldsOf(info, TAG.sequence);
  if (readSmallInteger(fields.take(TAG.integer)) !== 0) {
    throw derError('a CSR is of no known version');
  }
  const subject = readName(fields.take(TAG.sequence));
  const publicKeyDer = readPublicKeyInfo(fields.take(TAG.sequence));
  const extensions = readAttributes(fields.take(0xa0));
  fields.end();
  const key = readPublicKey(publicKeyDer);
  if (key === undefined) {
    throw new SallyportError('ERR_X509_KEY', 'the key of a CSR is of a kind or size that is not accepted', {
      hint: 'use EC P-256, EC P-384 or RSA of at least 2048 bits',
    });
  }
  if (!verifySignature(info.bytes, algorithm, signature, key)) {
    throw new SallyportError('ERR_X509_SIGNATURE', 'the signature of a CSR is not by its own key');
  }
  return { subject, publicKeyDer, extensions };
}

function readAttributes(node: DerNode): Extensions {
  const requested: Extensions[] = [];
  for (const attribute of node.children) {
    const fields = fieldsOf(attribute, TAG.sequence);
    const type = readOid(fields.take(TAG.oid));
    const values = expectTag(fields.takeAny(), TAG.set).children;
    fields.end();
    if (type === OID.extensionRequest) {
      const [list] = values;
      if (list === undefined || values.length !== 1) {
        throw derError('a CSR asks for extensions other than once');
      }
      requested.push(readExtensions(list));
    }
  }
  if (requested.length > 1) {
    throw new SallyportError('ERR_X509_EXTENSION_TWICE', 'a CSR asks for extensions twice');
  }
  return requested[0] ?? NO_EXTENSIONS;
}
