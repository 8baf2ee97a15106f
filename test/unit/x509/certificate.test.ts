import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../src/base/index.ts';
import {
  type Extension,
  encodeExtension,
  encodeSigned,
  encodeTbsCertificate,
  isCritical,
  OID,
  readCertificate,
  verifySignedBy,
} from '../../../src/x509/index.ts';
import { CA_EXTENSIONS, LEAF_EXTENSIONS, LEAF_ID, make, NOW } from './certificate-maker.ts';
import { codeOf } from './code-of.ts';

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const root = make('root', undefined, { extensions: CA_EXTENSIONS });

function extension(oid: string, valueHex: string, critical = false): Extension {
  return { oid, critical, value: bytes(valueHex) };
}

describe('readCertificate', () => {
  it('reads every field', () => {
    const { certificate } = make('frontend', root, {
      serial: 'f00d',
      extensions: [
        ...LEAF_EXTENSIONS,
        encodeExtension.subjectKeyId('0a0b'),
        encodeExtension.authorityKeyId('0c0d'),
      ],
    });
    expect(certificate).toMatchObject({
      version: 3,
      serial: 'f00d',
      signatureAlgorithm: 'ecdsa-with-SHA256',
      issuer: { text: 'CN=root' },
      subject: { text: 'CN=frontend' },
      notBeforeSeconds: NOW - 10,
      notAfterSeconds: NOW + 3600,
    });
    const { extensions } = certificate;
    expect(extensions).toMatchObject({
      basicConstraints: { cA: false, pathLength: undefined },
      extKeyUsage: [OID.serverAuth, OID.clientAuth],
      alternativeNames: { uris: [LEAF_ID], dnsNames: [], others: 0 },
      subjectKeyId: '0a0b',
      authorityKeyId: '0c0d',
    });
    expect([...(extensions.keyUsage ?? [])]).toEqual(['digitalSignature']);
    expect(isCritical(extensions, OID.keyUsage)).toBe(true);
    expect(isCritical(extensions, OID.extKeyUsage)).toBe(false);
    expect(verifySignedBy(certificate, root.certificate)).toBe(true);
    expect(verifySignedBy(certificate, certificate)).toBe(false);
  });

  it('reads names of every kind', () => {
    const { certificate } = make('x', root, {
      extensions: [
        extension(
          OID.subjectAltName,
          '3028 8203612e62 87047f000001 871000000000000000000000000000000001 8103614062 a400 88022a03',
        ),
      ],
    });
    expect(certificate.extensions.alternativeNames).toEqual({
      uris: [],
      dnsNames: ['a.b'],
      ipAddresses: ['127.0.0.1', '::1'],
      emails: ['a@b'],
      others: 2,
    });
  });

  it('writes a name of an attacker so that it stays on its line', () => {
    const { certificate } = make('a,b\n#"', root, { extensions: CA_EXTENSIONS });
    expect(certificate.subject.text).toBe('CN=a\\,b\\0a#\\"');
  });

  it('keeps its own copy of the bytes', () => {
    const der = Uint8Array.from(root.der);
    const certificate = readCertificate(der);
    der.fill(0);
    expect(certificate.serial).toBe(root.certificate.serial);
    expect(verifySignedBy(certificate, root.certificate)).toBe(true);
  });

  it('refuses bytes behind the certificate, and any byte cut off', () => {
    expect(codeOf(() => readCertificate(Uint8Array.of(...root.der, 0)))).toBe('ERR_X509_DER');
    for (let length = 0; length < root.der.length; length += 1) {
      expect(codeOf(() => readCertificate(root.der.subarray(0, length)))).toBe('ERR_X509_DER');
    }
  });

  it('never accepts a flipped bit as the same signed certificate', () => {
    for (let at = 0; at < root.der.length; at += 1) {
      const der = Uint8Array.from(root.der);
      der[at] = (der[at] ?? 0) ^ (1 << (at % 8));
      let accepted = false;
      const code = codeOf(() => {
        accepted = verifySignedBy(readCertificate(der), root.certificate);
      });
      expect(code === 'accepted' || code.startsWith('ERR_X509_'), `byte ${at}: ${code}`).toBe(true);
      expect(accepted, `byte ${at}`).toBe(false);
    }
  });

  it('takes a certificate up to the limit of its size and none past it', () => {
    const { subject, publicKeyDer } = root.certificate;
    const ofPadding = (padding: number): Uint8Array => {
      const tbs = encodeTbsCertificate({
        serial: 'f00d',
        signatureAlgorithm: 'ecdsa-with-SHA256',
        issuerDer: subject.der,
        notBeforeSeconds: NOW,
        notAfterSeconds: NOW,
        subjectDer: subject.der,
        publicKeyDer,
        extensions: [{ oid: '1.2.3.4', critical: false, value: new Uint8Array(padding) }],
      });
      return encodeSigned(tbs, 'ecdsa-with-SHA256', new Uint8Array(70));
    };
    const around = ofPadding(60_000).length - 60_000;
    const atLimit = ofPadding(LIMITS.certificateBytes - around);
    expect(atLimit.length).toBe(LIMITS.certificateBytes);
    expect(codeOf(() => readCertificate(atLimit))).toBe('accepted');
    expect(codeOf(() => readCertificate(new Uint8Array(LIMITS.certificateBytes + 1)))).toBe(
      'ERR_LIMIT_EXCEEDED',
    );
  });

  it.each([
    [
      'the same extension twice',
      [...LEAF_EXTENSIONS, ...LEAF_EXTENSIONS.slice(-1)],
      'ERR_X509_EXTENSION_TWICE',
    ],
    ['critical FALSE written out', undefined, 'ERR_X509_DER'],
    ['cA FALSE written out', [extension(OID.basicConstraints, '3003 010100')], 'ERR_X509_DER'],
    ['a path length without CA', [extension(OID.basicConstraints, '3003 020100')], 'ERR_X509_DER'],
    ['a key usage without bits', [extension(OID.keyUsage, '0301 00')], 'ERR_X509_DER'],
    ['a tenth key usage', [extension(OID.keyUsage, '0303 06 0040')], 'ERR_X509_DER'],
    ['no purpose', [extension(OID.extKeyUsage, '3000')], 'ERR_X509_DER'],
    ['no alternative name', [extension(OID.subjectAltName, '3000')], 'ERR_X509_DER'],
    ['an empty URI', [extension(OID.subjectAltName, '3002 8600')], 'ERR_X509_DER'],
    ['a URI with a NUL', [extension(OID.subjectAltName, '3005 8603 610062')], 'ERR_X509_DER'],
    ['a URI with a space', [extension(OID.subjectAltName, '3005 8603 612062')], 'ERR_X509_DER'],
    ['a URI past ASCII', [extension(OID.subjectAltName, '3003 8601 c3')], 'ERR_X509_DER'],
    ['an IP address of 5 bytes', [extension(OID.subjectAltName, '3007 8705 7f00000100')], 'ERR_X509_DER'],
    ['a name of no kind', [extension(OID.subjectAltName, '3002 8900')], 'ERR_X509_DER'],
    ['a name that is a string', [extension(OID.subjectAltName, '3003 160161')], 'ERR_X509_DER'],
    ['bytes behind an extension', [extension(OID.subjectKeyIdentifier, '0401 00 00')], 'ERR_X509_DER'],
    ['BER inside of an extension', [extension(OID.subjectKeyIdentifier, '048101 00')], 'ERR_X509_DER'],
  ])('refuses %s', (_, extensions, code) => {
    const build = (): unknown =>
      extensions === undefined ? readCertificate(withCriticalFalse()) : make('x', root, { extensions });
    expect(codeOf(build)).toBe(code);
  });

  it.each([
    ['a serial of 21 bytes', `7f${'00'.repeat(20)}`],
    ['a serial of 20 bytes with the first bit set', `ff${'00'.repeat(19)}`],
  ])('refuses %s', (_, serial) => {
    expect(codeOf(() => make('x', root, { serial }))).toBe('ERR_X509_DER');
  });

  it('takes a serial of 0, which known roots have', () => {
    expect(make('x', root, { serial: '00' }).certificate.serial).toBe('0');
  });

  it('takes a serial of 20 bytes', () => {
    const serial = `7f${'00'.repeat(19)}`;
    expect(make('x', root, { serial }).certificate.serial).toBe(serial);
  });

  it('refuses a validity that ends before it begins', () => {
    expect(codeOf(() => make('x', root, { notBefore: NOW, notAfter: NOW }))).toBe('accepted');
    expect(codeOf(() => make('x', root, { notBefore: NOW, notAfter: NOW - 1 }))).toBe('ERR_X509_DER');
  });
});

/** The critical flag of the last extension turned from TRUE to a FALSE that stands there. */
function withCriticalFalse(): Uint8Array {
  const { der } = make('x', root, { extensions: [extension(OID.subjectKeyIdentifier, '040100', true)] });
  const hex = Buffer.from(der).toString('hex');
  const changed = hex.replace('0603551d0e0101ff', '0603551d0e010100');
  expect(changed).not.toBe(hex);
  return bytes(changed);
}
