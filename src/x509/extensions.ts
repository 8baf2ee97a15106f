import { SallyportError } from '../base/index.ts';
import { type AlternativeNames, NO_NAMES, readAlternativeNames } from './alternative-names.ts';
import {
  type DerNode,
  derError,
  expectTag,
  fieldsOf,
  readBoolean,
  readDer,
  readNamedBits,
  readOid,
  readSmallInteger,
  TAG,
} from './der.ts';
import { OID } from './oids.ts';

export interface Extension {
  /** Dotted decimal. */
  readonly oid: string;
  readonly critical: boolean;
  /** The bytes inside of the octet string. */
  readonly value: Uint8Array;
}

/** RFC 5280 section 4.2.1.3, in the order of the bits. */
export const KEY_USAGES = [
  'digitalSignature',
  'contentCommitment',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;

export type KeyUsage = (typeof KEY_USAGES)[number];

export interface BasicConstraints {
  readonly cA: boolean;
  readonly pathLength: number | undefined;
}

/** Every extension, and what those mean that we understand. */
export interface Extensions {
  readonly all: readonly Extension[];
  readonly basicConstraints: BasicConstraints | undefined;
  /** Undefined when the extension is absent. */
  readonly keyUsage: ReadonlySet<KeyUsage> | undefined;
  /** Dotted decimals; undefined when the extension is absent. */
  readonly extKeyUsage: readonly string[] | undefined;
  readonly alternativeNames: AlternativeNames;
  /** Lower-case hex. */
  readonly subjectKeyId: string | undefined;
  readonly authorityKeyId: string | undefined;
}

/** Whether the extension is there and marked critical. */
export function isCritical(extensions: Extensions, oid: string): boolean {
  return extensions.all.some((extension) => extension.oid === oid && extension.critical);
}

/** Reads `Extensions ::= SEQUENCE OF Extension`; the same extension twice is refused. `ERR_X509_*`. */
export function readExtensions(list: DerNode): Extensions {
  const all = expectTag(list, TAG.sequence).children.map(readExtension);
  if (all.length === 0) {
    throw derError('the list of extensions is empty');
  }
  const byOid = new Map(all.map((extension) => [extension.oid, extension]));
  if (byOid.size !== all.length) {
    throw new SallyportError('ERR_X509_EXTENSION_TWICE', 'an extension stands twice');
  }
  const read = <T>(oid: string, reader: (node: DerNode) => T): T | undefined => {
    const extension = byOid.get(oid);
    return extension === undefined ? undefined : reader(readDer(extension.value));
  };
  return {
    all,
    basicConstraints: read(OID.basicConstraints, readBasicConstraints),
    keyUsage: read(OID.keyUsage, readKeyUsage),
    extKeyUsage: read(OID.extKeyUsage, readExtKeyUsage),
    alternativeNames: read(OID.subjectAltName, readAlternativeNames) ?? NO_NAMES,
    subjectKeyId: read(OID.subjectKeyIdentifier, (node) => hex(expectTag(node, TAG.octetString).content)),
    authorityKeyId: read(OID.authorityKeyIdentifier, readAuthorityKeyId),
  };
}

export const NO_EXTENSIONS: Extensions = {
  all: [],
  basicConstraints: undefined,
  keyUsage: undefined,
  extKeyUsage: undefined,
  alternativeNames: NO_NAMES,
  subjectKeyId: undefined,
  authorityKeyId: undefined,
};

function readExtension(node: DerNode): Extension {
  const fields = fieldsOf(node, TAG.sequence);
  const oid = readOid(fields.take(TAG.oid));
  const flag = fields.takeIf(TAG.boolean);
  if (flag !== undefined && !readBoolean(flag)) {
    throw derError('a default value is written out');
  }
  const value = fields.take(TAG.octetString).content;
  fields.end();
  return { oid, critical: flag !== undefined, value };
}

function readBasicConstraints(node: DerNode): BasicConstraints {
  const fields = fieldsOf(node, TAG.sequence);
  const flag = fields.takeIf(TAG.boolean);
  if (flag !== undefined && !readBoolean(flag)) {
    throw derError('a default value is written out');
  }
  const length = fields.takeIf(TAG.integer);
  fields.end();
  const cA = flag !== undefined;
  if (length !== undefined && !cA) {
    throw derError('a path length without being a CA');
  }
  return { cA, pathLength: length === undefined ? undefined : readSmallInteger(length) };
}

function readKeyUsage(node: DerNode): ReadonlySet<KeyUsage> {
  const usages = readNamedBits(node).map((bit) => KEY_USAGES[bit]);
  if (usages.length === 0) {
    throw derError('a key usage without any bit');
  }
  return new Set(
    usages.map((usage) => {
      if (usage === undefined) {
        throw derError('a key usage of no known kind');
      }
      return usage;
    }),
  );
}

function readExtKeyUsage(node: DerNode): readonly string[] {
  const usages = expectTag(node, TAG.sequence).children.map(readOid);
  if (usages.length === 0) {
    throw derError('an extended key usage without any purpose');
  }
  return usages;
}

/** The key id of `AuthorityKeyIdentifier`; issuer and serial beside it are allowed and not looked at. */
function readAuthorityKeyId(node: DerNode): string | undefined {
  const fields = fieldsOf(node, TAG.sequence);
  const keyId = fields.takeIf(0x80);
  fields.takeIf(0xa1);
  fields.takeIf(0x82);
  fields.end();
  return keyId === undefined ? undefined : hex(keyId.content);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}
