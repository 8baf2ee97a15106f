import { type DerNode, derError, fieldsOf, readDer, readTime, TAG } from './der.ts';
import {
  context,
  type DerValue,
  encoded,
  octetString,
  oid,
  sequence,
  time,
  toDer,
  unsignedInteger,
} from './der-write.ts';
import { type DistinguishedName, readName } from './distinguished-name.ts';
import { algorithmDer, bytesOfHex, encodeExtension } from './encode-certificate.ts';
import { readExtensions } from './extensions.ts';
import { OID } from './oids.ts';
import { readSignatureAlgorithm, type SignatureAlgorithm } from './signature-algorithm.ts';
import { readSignedEnvelope } from './signed-envelope.ts';

export interface RevokedCertificate {
  /** Lower-case hex without leading zeros. */
  readonly serial: string;
  readonly revokedAtSeconds: number;
}

/** What stands in the signed part of a certificate revocation list of version 2. RFC 5280 section 5.1. */
export interface TbsCrlFields {
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly issuerDer: Uint8Array;
  readonly thisUpdateSeconds: number;
  readonly nextUpdateSeconds: number;
  readonly revoked: readonly RevokedCertificate[];
  /** Grows from list to list; at most 20 bytes, lower-case hex without leading zeros. */
  readonly number: string;
  readonly authorityKeyId: string;
}

/** A revocation list as our own reader sees it. */
export interface RevocationList extends Omit<TbsCrlFields, 'signatureAlgorithm' | 'issuerDer'> {
  readonly der: Uint8Array;
  readonly tbsDer: Uint8Array;
  readonly issuer: DistinguishedName;
  readonly signatureAlgorithm: string;
  readonly signature: Uint8Array;
}

export function encodeTbsCrl(fields: TbsCrlFields): Uint8Array {
  const { revoked } = fields;
  const keyId = encodeExtension.authorityKeyId(fields.authorityKeyId);
  const extensions = [
    extension(OID.authorityKeyIdentifier, keyId.value),
    extension(OID.crlNumber, toDer(unsignedInteger(bytesOfHex(fields.number)))),
  ];
  return toDer(
    sequence([
      unsignedInteger(Uint8Array.of(1)),
      encoded(algorithmDer(fields.signatureAlgorithm)),
      encoded(fields.issuerDer),
      time(fields.thisUpdateSeconds),
      time(fields.nextUpdateSeconds),
      // A list without entries has no place for them.
      ...(revoked.length === 0 ? [] : [sequence(revoked.map(entryOf))]),
      context(0, [sequence(extensions)]),
    ]),
  );
}

/** Reads one list of version 2, strictly, as we write them. Throws `ERR_X509_DER`, `ERR_X509_EXTENSION_TWICE`. */
export function readCrl(der: Uint8Array): RevocationList {
  const bytes = Uint8Array.from(der);
  const { signed: tbs, algorithm, signature } = readSignedEnvelope(bytes);
  const fields = fieldsOf(tbs, TAG.sequence);
  if (hexOf(fields.take(TAG.integer)) !== '1') {
    throw derError('a revocation list is not of version 2');
  }
  if (Buffer.compare(fields.take(TAG.sequence).bytes, algorithm.bytes) !== 0) {
    throw derError('the signature algorithm differs inside and outside');
  }
  const issuer = readName(fields.take(TAG.sequence));
  const thisUpdateSeconds = readTime(fields.takeAny());
  const nextUpdateSeconds = readTime(fields.takeAny());
  const revoked = fields.takeIf(TAG.sequence)?.children.map(readEntry) ?? [];
  const extensions = readExtensionField(fields.take(0xa0));
  fields.end();
  return {
    der: bytes,
    tbsDer: tbs.bytes,
    issuer,
    thisUpdateSeconds,
    nextUpdateSeconds,
    revoked,
    ...extensions,
    signatureAlgorithm: readSignatureAlgorithm(algorithm),
    signature,
  };
}

function entryOf({ serial, revokedAtSeconds }: RevokedCertificate): DerValue {
  return sequence([unsignedInteger(bytesOfHex(serial)), time(revokedAtSeconds)]);
}

function readEntry(node: DerNode): RevokedCertificate {
  const fields = fieldsOf(node, TAG.sequence);
  const serial = hexOf(fields.take(TAG.integer));
  const revokedAtSeconds = readTime(fields.takeAny());
  fields.end();
  return { serial, revokedAtSeconds };
}

function readExtensionField(field: DerNode): Pick<RevocationList, 'number' | 'authorityKeyId'> {
  const inner = fieldsOf(field, 0xa0);
  const list = inner.take(TAG.sequence);
  inner.end();
  const { all, authorityKeyId } = readExtensions(list);
  const number = all.find((one) => one.oid === OID.crlNumber);
  if (all.length !== 2 || number === undefined || authorityKeyId === undefined) {
    throw derError('a revocation list has other extensions than its number and the key id of its issuer');
  }
  return { number: hexOf(fieldsOfInteger(number.value)), authorityKeyId };
}

function fieldsOfInteger(der: Uint8Array): DerNode {
  const node = readDer(der);
  if (node.tag !== TAG.integer) {
    throw derError('the number of a revocation list is no integer');
  }
  return node;
}

function hexOf({ content }: DerNode): string {
  if ((content[0] ?? 0) >= 0x80) {
    throw derError('a number in a revocation list is negative');
  }
  return Buffer.from(content)
    .toString('hex')
    .replace(/^0+(?=.)/, '');
}

function extension(id: string, value: Uint8Array): DerValue {
  return sequence([oid(id), octetString(value)]);
}
