import { describe, expect, it } from 'vitest';
import { type CertificateTemplate, checkTemplate, issue, leafTemplate } from '../../../src/ca/index.ts';
import { differencesFrom } from '../../../src/ca/look-again.ts';
import { parseSpiffeId } from '../../../src/identity/index.ts';
import { encodeName } from '../../../src/x509/index.ts';
import { intermediate, LEAF_WISH, NOW, random, root } from './ca-parts.ts';

const issuer = intermediate.certificate;
const template = leafTemplate(LEAF_WISH, issuer, random);
const checked = checkTemplate(template, issuer);
const certificate = await issue(checked, intermediate.sign);

describe('looking again', () => {
  it('finds nothing in what was asked for', () => {
    expect(differencesFrom(checked, certificate, 'ecdsa-with-SHA256')).toEqual([]);
  });

  it.each<[string, Partial<CertificateTemplate>]>([
    ['serial', { serial: 'abc' }],
    ['subject', { subjectDer: encodeName([{ oid: '2.5.4.3', text: 'x' }]) }],
    ['notBefore', { notBeforeSeconds: NOW - 11 }],
    ['notAfter', { notAfterSeconds: NOW + 601 }],
    ['publicKey', { publicKeyDer: issuer.publicKeyDer }],
    ['uris', { spiffeId: parseSpiffeId('spiffe://example.org/other') }],
    ['dnsNames', { dnsNames: [] }],
    ['dnsNames', { dnsNames: ['frontend.example.org', 'more.example.org'] }],
    ['subjectKeyId', { subjectKeyId: '00' }],
    ['authorityKeyId', { authorityKeyId: '00' }],
  ])('finds another %s', (field, change) => {
    const other = { ...checked, template: { ...template, ...change } };
    expect(differencesFrom(other, certificate, 'ecdsa-with-SHA256')).toEqual([field]);
  });

  it('finds another issuer, algorithm and profile', () => {
    expect(
      differencesFrom({ ...checked, issuer: root.certificate }, certificate, 'ecdsa-with-SHA256'),
    ).toEqual(['issuer']);
    expect(differencesFrom(checked, certificate, 'Ed25519')).toEqual(['signatureAlgorithm']);
    const asCa = { ...checked, template: { ...template, profile: 'intermediate' as const } };
    expect(differencesFrom(asCa, certificate, 'ecdsa-with-SHA256')).toEqual([
      'extensions',
      'basicConstraints',
      'keyUsage',
      'alternativeNames',
    ]);
  });
});
