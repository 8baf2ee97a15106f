const LINE_LENGTH = 64;

/** DER certificates as one PEM text, in their order. RFC 7468. */
export function certificatesPem(certificates: readonly Uint8Array[]): Buffer {
  return Buffer.from(certificates.map((der) => block('CERTIFICATE', der)).join(''));
}

/** DER revocation lists as one PEM text. RFC 7468, section 6. */
export function revocationListsPem(lists: readonly Uint8Array[]): Buffer {
  return Buffer.from(lists.map((der) => block('X509 CRL', der)).join(''));
}

/** A PKCS#8 key as PEM. */
export function privateKeyPem(key: Uint8Array): Buffer {
  return Buffer.from(block('PRIVATE KEY', key));
}

function block(label: string, der: Uint8Array): string {
  const text = Buffer.from(der.buffer, der.byteOffset, der.byteLength).toString('base64');
  const lines: string[] = [];
  for (let start = 0; start < text.length; start += LINE_LENGTH) {
    lines.push(text.slice(start, start + LINE_LENGTH));
  }
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
