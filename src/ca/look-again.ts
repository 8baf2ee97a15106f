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
  const differences: string[] = [];
  const expect = (field: string, isSame: boolean): void => {
    if (!isSame) {
      differences.push(field);
    }
  };
  expect('version', certificate.version === 3);
  expect('serial', certificate.serial === template.serial);
  expect('signatureAlgorithm', certificate.signatureAlgorithm === signatureAlgorithm);
  expect('issuer', sameBytes(certificate.issuer.der, issuer?.subject.der ?? template.subjectDer));
  expect('subject', sameBytes(certificate.subject.der, template.subjectDer));
  expect('notBefore', certificate.notBeforeSeconds === template.notBeforeSeconds);
  expect('notAfter', certificate.notAfterSeconds === template.notAfterSeconds);
  expect('publicKey', sameBytes(certificate.publicKeyDer, template.publicKeyDer));
  expect('extensions', hasExactly(extensions, isLeaf ? LEAF_OIDS : CA_OIDS));
  expect('basicConstraints', hasBasicConstraints(extensions, template.profile));
  expect('keyUsage', hasKeyUsage(extensions, isLeaf ? ['digitalSignature'] : ['keyCertSign', 'cRLSign']));
  expect('extKeyUsage', !isLeaf || sameList(extensions.extKeyUsage ?? [], [OID.serverAuth, OID.clientAuth]));
  expect('alternativeNames', isCritical(extensions, OID.subjectAltName) === isLeaf);
  expect('uris', sameList(names.uris, [template.spiffeId.uri]));
  expect('dnsNames', sameList(names.dnsNames, template.dnsNames));
  expect('otherNames', names.others + names.emails.length + names.ipAddresses.length === 0);
  expect('subjectKeyId', extensions.subjectKeyId === template.subjectKeyId);
  expect('authorityKeyId', extensions.authorityKeyId === template.authorityKeyId);
  return differences;
}

const CA_OIDS: readonly string[] = [
  OID.basicConstraints,
  OID.keyUsage,
  OID.subjectAltName,
  OID.subjectKeyIdentifier,
  OID.authorityKeyIdentifier,
];
const LEAF_OIDS: readonly string[] = [...CA_OIDS, OID.extKeyUsage];

/** The reader lets no extension stand twice. */
function hasExactly({ all }: Extensions, oids: readonly string[]): boolean {
  return all.length === oids.length && oids.every((oid) => all.some((item) => item.oid === oid));
}

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
