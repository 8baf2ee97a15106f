import { LIMITS, SallyportError } from '../base/index.ts';

export interface PemBlock {
  /** Between `BEGIN ` and the dashes: `CERTIFICATE`, `PRIVATE KEY`. */
  readonly label: string;
  readonly der: Uint8Array;
}

const TEXT_CHARS_MAX = LIMITS.certificateBytes * 2 * LIMITS.chainCertificates;

/**
 * Reads PEM (RFC 7468) with nothing but blank lines around the blocks: no text before, between or after,
 * no header lines, canonical base64. At least one block. Throws `ERR_X509_PEM`.
 */
export function readPemBlocks(text: string): readonly PemBlock[] {
  if (text.length > TEXT_CHARS_MAX) {
    throw new SallyportError('ERR_LIMIT_EXCEEDED', `PEM text is over ${TEXT_CHARS_MAX} characters`);
  }
  const blocks: PemBlock[] = [];
  const lines = text.split(/\r?\n/).map((line) => line.trimEnd());
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at];
    if (line === undefined || line === '') {
      continue;
    }
    const label = /^-----BEGIN ([A-Z0-9 ]{1,64})-----$/.exec(line)?.[1];
    if (label === undefined) {
      throw pemError(`line ${at + 1} is outside of a PEM block`);
    }
    const end = lines.indexOf(`-----END ${label}-----`, at);
    if (end < 0) {
      throw pemError(`the block that begins in line ${at + 1} does not end`);
    }
    blocks.push({ label, der: decodeBase64(lines.slice(at + 1, end), at + 1) });
    at = end;
  }
  if (blocks.length === 0) {
    throw pemError('no PEM block');
  }
  return blocks;
}

/** The contents of blocks that all have this label. Throws `ERR_X509_PEM`. */
export function readPem(text: string, label: string): readonly Uint8Array[] {
  return readPemBlocks(text).map((block) => {
    if (block.label !== label) {
      throw pemError(`a block is labelled \`${block.label}\` instead of \`${label}\``);
    }
    return block.der;
  });
}

/** One block for each value, lines of 64 characters, a line feed after each block. */
export function writePem(label: string, values: readonly Uint8Array[]): string {
  return values
    .map((der) => {
      const base64 = Buffer.from(der).toString('base64');
      const lines = base64.match(/.{1,64}/g) ?? [];
      return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
    })
    .join('');
}

function decodeBase64(lines: readonly string[], line: number): Uint8Array {
  const base64 = lines.join('');
  const bytes = Buffer.from(base64, 'base64');
  if (base64 === '' || bytes.toString('base64') !== base64) {
    throw pemError(`the block that begins in line ${line} is not base64`);
  }
  return new Uint8Array(bytes);
}

function pemError(message: string): SallyportError {
  return new SallyportError('ERR_X509_PEM', `bad PEM: ${message}`, {
    hint: 'a PEM file holds only blocks from `-----BEGIN …-----` to `-----END …-----`',
  });
}
