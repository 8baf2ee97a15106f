import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { certificatesPem, privateKeyPem } from '../../../src/sds/pem.ts';

describe('PEM', () => {
  it.each([0, 1, 47, 48, 49, 96, 1000])('breaks %i bytes into lines of 64', (length) => {
    const der = Buffer.alloc(length, 7);
    const lines = privateKeyPem(der).toString().trimEnd().split('\n');
    expect(lines.at(0)).toBe('-----BEGIN PRIVATE KEY-----');
    expect(lines.at(-1)).toBe('-----END PRIVATE KEY-----');
    expect(lines.slice(1, -1).every((line) => line.length <= 64)).toBe(true);
    expect(Buffer.from(lines.slice(1, -1).join(''), 'base64')).toEqual(der);
  });

  it('keeps the order of a chain', () => {
    const text = certificatesPem([Buffer.from('leaf'), Buffer.from('intermediate')]).toString();
    expect(text.match(/-----BEGIN CERTIFICATE-----/g)).toHaveLength(2);
    expect(text.indexOf(Buffer.from('leaf').toString('base64'))).toBeLessThan(
      text.indexOf(Buffer.from('intermediate').toString('base64')),
    );
  });

  it('reads a view into a larger buffer as that view', () => {
    const large = new Uint8Array([9, 9, 1, 2, 3, 9]);
    expect(privateKeyPem(large.subarray(2, 5)).toString()).toContain(
      Buffer.from([1, 2, 3]).toString('base64'),
    );
  });

  it('refuses nothing, so what is no certificate is for others to see', () => {
    expect(() => new X509Certificate(certificatesPem([Buffer.from('x')]))).toThrow();
  });
});
