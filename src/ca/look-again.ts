import {
  type Certificate,
  type Extensions,
  isCritical,
  OID,
  type SignatureAlgorithm,
} from '../x509/index.ts';
import type { CheckedTemplate } from './check.ts';

/**
 * The names of the fields in which a certificate differs from what it was to be. Written against the
 * template alone, without the code that built the certificate, so that a fault there shows here.
 */
export function differencesFrom(
  { template, issuer }: CheckedTemplate,
  certificate: Certificate,
  signatureAlgorithm: SignatureAlgorithm,
): readonly string[] {
  const { extensions } = certificate;
  const isLeaf = template.profile === 'leaf';
  const names = extensions.alternativeNames;
  const fields: readonly (readonly [string, boolean])[] = [
    ['version', certificate.version === 3],
    ['serial', certificate.serial === template.serial],
    ['signatureAlgorithm', certificate.signatureAlgorithm === signatureAlgorithm],
    ['issuer', sameBytes(certificate.issuer.der, issuer?.subject.der ?? template.subjectDer)],
    ['subject', sameBytes(certificate.subject.der, template.subjectDer)],
    ['notBefore', certificate.notBeforeSeconds === template.notBeforeSeconds],
    ['notAfter', certificate.notAfterSeconds === template.notAfterSeconds],
    ['publicKey', sameBytes(certificate.publicKeyDer, template.publicKeyDer)],
    ['extensions', sameList(extensions.all.map((item) => item.oid).sort(), isLeaf ? LEAF_OIDS : CA_OIDS)],
    ['basicConstraints', hasBasicConstraints(extensions, template.profile)],
    ['keyUsage', hasKeyUsage(extensions, isLeaf ? ['digitalSignature'] : ['keyCertSign', 'cRLSign'])],
    ['extKeyUsage', !isLeaf || sameList(extensions.extKeyUsage ?? [], [OID.serverAuth, OID.clientAuth])],
    ['alternativeNames', isCritical(extensions, OID.subjectAltName) === isLeaf],
    ['uris', sameList(names.uris, [template.spiffeId.uri])],
    ['dnsNames', sameList(names.dnsNames, template.dnsNames)],
    ['otherNames', names.others + names.emails.length + names.ipAddresses.length === 0],
    ['subjectKeyId', extensions.subjectKeyId === template.subjectKeyId],
    ['authorityKeyId', extensions.authorityKeyId === template.authorityKeyId],
  ];
  return fields.filter(([, same]) => !same).map(([name]) => name);
}

const CA_OIDS: readonly string[] = [
  OID.basicConstraints,
  OID.keyUsage,
  OID.subjectAltName,
  OID.subjectKeyIdentifier,
  OID.authorityKeyIdentifier,
].sort();
const LEAF_OIDS: readonly string[] = [...CA_OIDS, OID.extKeyUsage].sort();

function hasBasicConstraints(extensions: Extensions, profile: 'root' | 'intermediate' | 'leaf'): boolean {
  const { basicConstraints } = extensions;
  return (
    isCritical(extensions, OID.basicConstraints) &&
    basicConstraints?.cA === (profile !== 'leaf') &&
    basicConstraints.pathLength === (profile === 'intermediate' ? 0 : undefined)
  );
}

function hasKeyUsage(extensions: Extensions, usages: readonly string[]): boolean {
  return isCritical(extensions, OID.keyUsage) && sameList([...(extensions.keyUsage ?? [])], usages);
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
