import { describe, expect, it } from 'vitest';
import { issueLeaf } from '../../../src/ca/index.ts';
import { type Certificate, encodesTheSame, writesTheSame } from '../../../src/x509/index.ts';
import { intermediate, LEAF_WISH, random, root } from '../ca/ca-parts.ts';

const leaf = await issueLeaf(LEAF_WISH, intermediate, random);
const { all } = leaf.extensions;

describe('the fields of a certificate, written again', () => {
  it.each<[string, Certificate]>([
    ['root', root.certificate],
    ['intermediate', intermediate.certificate],
    ['leaf', leaf],
  ])('of a %s are its bytes, in another encoder too', (_, certificate) => {
    expect(writesTheSame(certificate)).toBe(true);
    expect(encodesTheSame(certificate.der)).toBe(true);
  });

  it.each<[string, Partial<Certificate>]>([
    ['version', { version: 1 }],
    ['serial', { serial: 'abc' }],
    ['signature algorithm', { signatureAlgorithm: 'Ed25519' }],
    ['signature algorithm without a name', { signatureAlgorithm: '1.2.3' }],
    ['signature', { signature: leaf.signature.slice(1) }],
    ['issuer', { issuer: root.certificate.subject }],
    ['subject', { subject: root.certificate.subject }],
    ['first second', { notBeforeSeconds: leaf.notBeforeSeconds + 1 }],
    ['last second', { notAfterSeconds: leaf.notAfterSeconds + 1 }],
    ['key', { publicKeyDer: root.certificate.publicKeyDer }],
    ['number of extensions', { extensions: { ...leaf.extensions, all: all.slice(1) } }],
    ['order of extensions', { extensions: { ...leaf.extensions, all: all.toReversed() } }],
    [
      'critical mark',
      { extensions: { ...leaf.extensions, all: all.map((item) => ({ ...item, critical: true })) } },
    ],
    ['byte of the whole', { der: Uint8Array.from(leaf.der, (byte, at) => (at === 100 ? byte ^ 1 : byte)) }],
    ['byte too many', { der: Uint8Array.of(...leaf.der, 0) }],
  ])('with another %s are not', (_, change) => {
    expect(writesTheSame({ ...leaf, ...change })).toBe(false);
  });
});
