import { describe, expect, it } from 'vitest';
import { errorCodeOf, LIMITS } from '../../../src/base/index.ts';
import { splitCertificates } from '../../../src/x509/index.ts';

const SHORT = Buffer.from([0x30, 0x01, 0x05]);
const LONG = Buffer.concat([Buffer.from([0x30, 0x81, 0x80]), Buffer.alloc(0x80)]);

function codeOf(bytes: Uint8Array): string {
  try {
    return `${splitCertificates(bytes).length} parts`;
  } catch (error) {
    return errorCodeOf(error);
  }
}

describe('splitCertificates', () => {
  it('finds values of every length that stand one after the other', () => {
    expect(splitCertificates(Buffer.concat([SHORT, LONG, SHORT])).map(({ length }) => length)).toEqual([
      3, 131, 3,
    ]);
    expect(splitCertificates(new Uint8Array())).toEqual([]);
  });

  it('refuses what is cut off, and a length that points past the end', () => {
    expect(codeOf(Buffer.concat([SHORT, SHORT.subarray(0, 2)]))).toBe('ERR_X509_DER');
    expect(codeOf(LONG.subarray(0, 50))).toBe('ERR_X509_DER');
    expect(codeOf(Buffer.from([0x30]))).toBe('ERR_X509_DER');
    expect(codeOf(Buffer.from([0x30, 0x80, 0x00, 0x00]))).toBe('ERR_X509_DER');
  });

  it('takes as many as a bundle may hold, and not one more', () => {
    const many = (count: number) => Buffer.concat(Array.from({ length: count }, () => SHORT));
    expect(codeOf(many(LIMITS.bundleCertificates))).toBe(`${LIMITS.bundleCertificates} parts`);
    expect(codeOf(many(LIMITS.bundleCertificates + 1))).toBe('ERR_LIMIT_EXCEEDED');
  });
});
