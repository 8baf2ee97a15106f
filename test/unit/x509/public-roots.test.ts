import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { readCertificate, readPem, verifySignedBy } from '../../../src/x509/index.ts';

describe('the roots of the public web, which nobody here wrote', () => {
  const pairs = rootCertificates.map((pem) => {
    const [der = new Uint8Array()] = readPem(pem, 'CERTIFICATE');
    return { der, theirs: new X509Certificate(Buffer.from(der)) };
  });

  it('are there', () => {
    expect(pairs.length).toBeGreaterThan(100);
  });

  it('read as OpenSSL reads them', () => {
    const refused: string[] = [];
    for (const { der, theirs } of pairs) {
      try {
        const ours = readCertificate(der);
        expect(ours.serial).toBe(theirs.serialNumber.toLowerCase().replace(/^0+(?=.)/, ''));
        expect(ours.notBeforeSeconds).toBe(Date.parse(theirs.validFrom) / 1000);
        expect(ours.notAfterSeconds).toBe(Date.parse(theirs.validTo) / 1000);
        expect(ours.extensions.basicConstraints?.cA ?? false).toBe(theirs.ca);
        expect(Buffer.from(ours.publicKeyDer)).toEqual(
          theirs.publicKey.export({ format: 'der', type: 'spki' }),
        );
        if (ours.signatureAlgorithm !== '1.2.840.113549.1.1.5') {
          expect(verifySignedBy(ours, ours), theirs.subject).toBe(true);
        }
      } catch (error) {
        refused.push(`${theirs.subject}: ${error instanceof Error ? error.message : ''}`);
      }
    }
    expect(refused).toEqual([]);
  });
});
