import { type DerNode, derError, expectTag, fieldsOf, readOid, TAG } from './der.ts';
import { NAME_ATTRIBUTES } from './oids.ts';

/** A name as it stands in a certificate. Two names are the same when their bytes are. */
export interface DistinguishedName {
  readonly der: Uint8Array;
  /** RFC 4514 text, the most specific attribute first; empty for an empty name. For people only. */
  readonly text: string;
}

export function readName(node: DerNode): DistinguishedName {
  const { children, bytes } = expectTag(node, TAG.sequence);
  if (children.length === 0) {
    return { der: bytes, text: '' };
  }
  if (Buffer.compare(lastName.der, bytes) !== 0) {
    lastName = { der: bytes, text: children.map(readRelativeName).reverse().join(',') };
  }
  return lastName;
}

/** The same few issuers stand in certificate after certificate. */
let lastName: DistinguishedName = { der: new Uint8Array(), text: '' };

export function sameName(a: DistinguishedName, b: DistinguishedName): boolean {
  return Buffer.compare(a.der, b.der) === 0;
}

function readRelativeName(node: DerNode): string {
  const attributes = expectTag(node, TAG.set).children.map((attribute) => {
    const fields = fieldsOf(attribute, TAG.sequence);
    const type = readOid(fields.take(TAG.oid));
    const value = fields.takeAny();
    fields.end();
    return `${NAME_ATTRIBUTES[type] ?? type}=${attributeText(value)}`;
  });
  if (attributes.length === 0) {
    throw derError('a relative name is empty');
  }
  return attributes.join('+');
}

function attributeText(value: DerNode): string {
  switch (value.tag) {
    case TAG.utf8String:
      return escapeText(Buffer.from(value.content).toString('utf8'));
    case TAG.printableString:
    case TAG.ia5String:
    case TAG.numericString:
    case TAG.visibleString:
      return escapeText(Buffer.from(value.content).toString('latin1'));
    default:
      return `#${Buffer.from(value.bytes).toString('hex')}`;
  }
}

/** RFC 4514 section 2.4; control characters as `\hh` too, so that no name can break a line of a log. */
function escapeText(text: string): string {
  return text
    .replace(/["+,;<>\\]|^[ #]| $/g, (char) => `\\${char}`)
    .replace(/\p{Cc}/gu, (char) => `\\${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
