import { formatIpAddress } from '../base/index.ts';
import { type DerNode, derError, expectTag, TAG } from './der.ts';

/** The names of a SubjectAltName extension by kind, in their order. RFC 5280 section 4.2.1.6. */
export interface AlternativeNames {
  readonly uris: readonly string[];
  readonly dnsNames: readonly string[];
  /** Canonical text. */
  readonly ipAddresses: readonly string[];
  readonly emails: readonly string[];
  /** How many names are of another kind, such as directory names. */
  readonly others: number;
}

export const NO_NAMES: AlternativeNames = { uris: [], dnsNames: [], ipAddresses: [], emails: [], others: 0 };

export const NAME_TAG = { email: 0x81, dns: 0x82, uri: 0x86, ip: 0x87 } as const;

export function readAlternativeNames(node: DerNode): AlternativeNames {
  const { children } = expectTag(node, TAG.sequence);
  if (children.length === 0) {
    throw derError('a list of alternative names is empty');
  }
  const textsOf = (tag: number): readonly string[] =>
    children.filter((name) => name.tag === tag).map((name) => readText(name.content));
  const names = {
    uris: textsOf(NAME_TAG.uri),
    dnsNames: textsOf(NAME_TAG.dns),
    emails: textsOf(NAME_TAG.email),
    ipAddresses: children.filter((name) => name.tag === NAME_TAG.ip).map((name) => readIp(name.content)),
  };
  const known = names.uris.length + names.dnsNames.length + names.emails.length + names.ipAddresses.length;
  for (const name of children) {
    if ((name.tag & 0xc0) !== 0x80 || (name.tag & 0x1f) > 8) {
      throw derError('an alternative name is of no known kind');
    }
  }
  return { ...names, others: children.length - known };
}

function readText(content: Uint8Array): string {
  if (content.length === 0 || content.some((byte) => byte <= 0x20 || byte >= 0x7f)) {
    throw derError('an alternative name is empty or holds more than printable ASCII');
  }
  return Buffer.from(content).toString('latin1');
}

function readIp(content: Uint8Array): string {
  if (content.length !== 4 && content.length !== 16) {
    throw derError('an IP address has neither 4 nor 16 bytes');
  }
  const bits = content.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
  return formatIpAddress({ family: content.length === 4 ? 4 : 6, bits });
}
