import { LIMITS, SallyportError } from '../base/index.ts';
import {
  type DerFields,
  type DerNode,
  derError,
  fieldsOf,
  readBitStringBytes,
  readSmallInteger,
  readTime,
  TAG,
} from './der.ts';
import { type DistinguishedName, readName } from './distinguished-name.ts';
import { type Extensions, NO_EXTENSIONS, readExtensions } from './extensions.ts';
import { readSignatureAlgorithm } from './signature-algorithm.ts';
import { readSignedEnvelope } from './signed-envelope.ts';

/** An X.509 certificate as our own reader sees it. RFC 5280 section 4.1. */
export interface Certificate {
  readonly der: Uint8Array;
  /** The signed part. */
  readonly tbsDer: Uint8Array;
  readonly version: 1 | 2 | 3;
  /** Lower-case hex without leading zeros. */
  readonly serial: string;
  /** A name such as `ecdsa-with-SHA256`, or the object identifier of one we cannot verify. */
  readonly signatureAlgorithm: string;
  readonly signature: Uint8Array;
  readonly issuer: DistinguishedName;
  readonly subject: DistinguishedName;
  readonly notBeforeSeconds: number;
  readonly notAfterSeconds: number;
  /** SubjectPublicKeyInfo. */
  readonly publicKeyDer: Uint8Array;
  readonly extensions: Extensions;
}

const SERIAL_BYTES_MAX = 20;

/**
 * Reads one certificate, strictly: canonical DER without anything behind it, no extension twice, a serial of
 * at most 20 bytes that is not negative (known roots have 0), the same algorithm inside and outside. It does not judge who signed it; see
 * `verifySignedBy` and `verifySvid`. Throws `ERR_X509_*` or `ERR_LIMIT_EXCEEDED`.
 */
export function readCertificate(der: Uint8Array): Certificate {
  if (der.length > LIMITS.certificateBytes) {
    throw new SallyportError('ERR_LIMIT_EXCEEDED', `certificate is over ${LIMITS.certificateBytes} bytes`);
  }
  const bytes = new Uint8Array(der);
  const { signed: tbs, algorithm, signature } = readSignedEnvelope(bytes);
  const fields = fieldsOf(tbs, TAG.sequence);
  const version = readVersion(fields.takeIf(0xa0));
  const serial = readSerial(fields.take(TAG.integer));
  if (Buffer.compare(fields.take(TAG.sequence).bytes, algorithm.bytes) !== 0) {
    throw derError('the signature algorithm differs inside and outside');
  }
  const issuer = readName(fields.take(TAG.sequence));
  const validity = readValidity(fields.take(TAG.sequence));
  const subject = readName(fields.take(TAG.sequence));
  const publicKeyDer = readPublicKeyInfo(fields.take(TAG.sequence));
  const extensions = readExtensionField(fields, version);
  fields.end();
  return {
    der: bytes,
    tbsDer: tbs.bytes,
    version,
    serial,
    signatureAlgorithm: readSignatureAlgorithm(algorithm),
    signature,
    issuer,
    subject,
    ...validity,
    publicKeyDer,
    extensions,
  };
}

/** Checks the outline of a SubjectPublicKeyInfo and returns its bytes. */
export function readPublicKeyInfo(node: DerNode): Uint8Array {
  const fields = fieldsOf(node, TAG.sequence);
  fieldsOf(fields.take(TAG.sequence), TAG.sequence).take(TAG.oid);
  readBitStringBytes(fields.take(TAG.bitString));
  fields.end();
  return node.bytes;
}

function readVersion(field: DerNode | undefined): 1 | 2 | 3 {
  if (field === undefined) {
    return 1;
  }
  const inner = fieldsOf(field, 0xa0);
  const version = readSmallInteger(inner.take(TAG.integer));
  inner.end();
  if (version !== 1 && version !== 2) {
    throw derError('a certificate is of no known version');
  }
  return version === 1 ? 2 : 3;
}

function readSerial(node: DerNode): string {
  const { content } = node;
  const negative = (content[0] ?? 0) >= 0x80;
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const text = bytes.toString('hex').replace(/^0+/, '');
  if (negative || content.length > SERIAL_BYTES_MAX) {
    throw derError(`a serial number is negative or over ${SERIAL_BYTES_MAX} bytes`);
  }
  return text === '' ? '0' : text;
}

function readValidity(node: DerNode): {
  readonly notBeforeSeconds: number;
  readonly notAfterSeconds: number;
} {
  const fields = fieldsOf(node, TAG.sequence);
  const notBeforeSeconds = readTime(fields.takeAny());
  const notAfterSeconds = readTime(fields.takeAny());
  fields.end();
  if (notAfterSeconds < notBeforeSeconds) {
    throw derError('a validity ends before it begins');
  }
  return { notBeforeSeconds, notAfterSeconds };
}

/** Unique identifiers (fields 1 and 2) are gone from use; one that is there is refused by `fields.end()`. */
function readExtensionField(fields: DerFields, version: 1 | 2 | 3): Extensions {
  const field = fields.takeIf(0xa3);
  if (field === undefined) {
    return NO_EXTENSIONS;
  }
  if (version !== 3) {
    throw derError('extensions in a certificate that is not of version 3');
  }
  const inner = fieldsOf(field, 0xa3);
  const list = inner.take(TAG.sequence);
  inner.end();
  return readExtensions(list);
}
