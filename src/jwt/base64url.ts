import { isUtf8 } from 'node:buffer';

/**
 * The bytes of unpadded base64url (RFC 7515, section 2). Only the one canonical spelling is read: no padding,
 * no white space, no stray bits in the last character. Undefined for anything else.
 */
export function decodeBase64url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}

/** The text of well-formed UTF-8 (a byte order mark is kept, and so is no JSON); undefined otherwise. */
export function decodeUtf8(bytes: Buffer): string | undefined {
  return isUtf8(bytes) ? bytes.toString('utf8') : undefined;
}
