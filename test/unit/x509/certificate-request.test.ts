import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../src/base/index.ts';
import {
  type Extension,
  encodeExtension,
  encodeName,
  encodeRequestInfo,
  encodeSigned,
  readCsr,
} from '../../../src/x509/index.ts';
import { codeOf } from './code-of.ts';

const NAMES = encodeExtension.alternativeNames({
  uris: ['spiffe://example.org/a'],
  dnsNames: ['a.example.org'],
  critical: false,
});

function request(publicKey: KeyObject, privateKey: KeyObject, extensions: readonly Extension[]): Uint8Array {
  const info = encodeRequestInfo(
    encodeName([{ oid: '2.5.4.3', text: 'a' }]),
    new Uint8Array(publicKey.export({ format: 'der', type: 'spki' })),
    extensions,
  );
  const algorithm = privateKey.asymmetricKeyType === 'ec' ? 'ecdsa-with-SHA256' : 'sha256WithRSAEncryption';
  return encodeSigned(info, algorithm, new Uint8Array(sign('sha256', info, privateKey)));
}

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });

describe('readCsr', () => {
  it('reads subject, key and the extensions that are asked for', () => {
    const csr = readCsr(request(pair.publicKey, pair.privateKey, [NAMES]));
    expect(csr.subject.text).toBe('CN=a');
    expect(csr.extensions.alternativeNames.uris).toEqual(['spiffe://example.org/a']);
    expect(Buffer.from(csr.publicKeyDer)).toEqual(pair.publicKey.export({ format: 'der', type: 'spki' }));
    expect(readCsr(request(pair.publicKey, pair.privateKey, [])).extensions.all).toEqual([]);
  });

  it('takes RSA of 2048 bits', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    expect(codeOf(() => readCsr(request(rsa.publicKey, rsa.privateKey, [NAMES])))).toBe('accepted');
  });

  it('refuses a weak key and a curve that nobody uses', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const curve = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
    expect(codeOf(() => readCsr(request(rsa.publicKey, rsa.privateKey, [])))).toBe('ERR_X509_KEY');
    expect(codeOf(() => readCsr(request(curve.publicKey, curve.privateKey, [])))).toBe('ERR_X509_KEY');
  });

  it('refuses a request whose maker does not hold the key', () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    expect(codeOf(() => readCsr(request(pair.publicKey, other.privateKey, [NAMES])))).toBe(
      'ERR_X509_SIGNATURE',
    );
  });

  it('refuses an extension twice, bytes behind the end, and any byte cut off', () => {
    expect(codeOf(() => readCsr(request(pair.publicKey, pair.privateKey, [NAMES, NAMES])))).toBe(
      'ERR_X509_EXTENSION_TWICE',
    );
    const der = request(pair.publicKey, pair.privateKey, [NAMES]);
    expect(codeOf(() => readCsr(Uint8Array.of(...der, 0)))).toBe('ERR_X509_DER');
    for (let length = 0; length < der.length; length += 1) {
      expect(codeOf(() => readCsr(der.subarray(0, length)))).toBe('ERR_X509_DER');
    }
  });

  it('refuses one over the limit before it looks', () => {
    const over = new Uint8Array(LIMITS.certificateBytes + 1);
    expect(codeOf(() => readCsr(over.subarray(1)))).toBe('ERR_X509_DER');
    expect(codeOf(() => readCsr(over))).toBe('ERR_LIMIT_EXCEEDED');
  });
});
