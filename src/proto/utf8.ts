import { isUtf8 } from 'node:buffer';

/** Text of the bytes from `start` to `end`; undefined when they are not UTF-8. */
export function decodeUtf8(bytes: Buffer, start: number, end: number): string | undefined {
  if (isAscii(bytes, start, end)) {
    return bytes.toString('latin1', start, end);
  }
  return isUtf8(bytes.subarray(start, end)) ? bytes.toString('utf8', start, end) : undefined;
}

/**
 * Text of a header value as Envoy puts it into `headers`: each byte that is no part of UTF-8 becomes `!`.
 * So a request is the same whichever way its headers are sent.
 */
export function decodeHeaderValue(bytes: Buffer, start: number, end: number): string {
  const text = decodeUtf8(bytes, start, end);
  if (text !== undefined) {
    return text;
  }
  const parts: string[] = [];
  let position = start;
  while (position < end) {
    const length = sequenceLength(bytes, position, end);
    parts.push(length === 0 ? '!' : bytes.toString('utf8', position, position + length));
    position += Math.max(1, length);
  }
  return parts.join('');
}

/** Bytes of the character that starts at `position`; 0 when none does. */
function sequenceLength(bytes: Buffer, position: number, end: number): number {
  const longest = Math.min(4, end - position);
  for (let length = 1; length <= longest; length += 1) {
    if (isUtf8(bytes.subarray(position, position + length))) {
      return length;
    }
  }
  return 0;
}

function isAscii(bytes: Buffer, start: number, end: number): boolean {
  for (let position = start; position < end; position += 1) {
    if ((bytes[position] ?? 0) > 0x7f) {
      return false;
    }
  }
  return true;
}
