import { SallyportError } from '../base/index.ts';
import { parseSpiffeId } from '../identity/index.ts';
import { type Certificate, keyIdOf, readPublicKey } from '../x509/index.ts';
import { isDnsName } from './dns-name.ts';
import { hasEcForm } from './key-pair.ts';
import { authorityKeyIdOf, type CertificateTemplate } from './template.ts';

declare const brand: unique symbol;

/** A template that keeps every rule, together with the issuer it was checked against. */
export interface CheckedTemplate {
  readonly [brand]: 'CheckedTemplate';
  readonly template: CertificateTemplate;
  /** Undefined for a root, which signs itself. */
  readonly issuer: Certificate | undefined;
}

const SERIAL = /^[1-9a-f][0-9a-f]{0,31}$/;
const DNS_NAMES_MAX = 100;
/** The last second that fits GeneralizedTime: 9999-12-31T23:59:59Z. */
const SECONDS_MAX = 253_402_300_799;

/**
 * Checks a template before anything is signed. X509-SVID standard sections 2 to 4, RFC 5280 section 4.1.
 * Throws `ERR_CA_TEMPLATE`, or `ERR_CA_EXPIRED` when the issuer is past its end.
 */
export function checkTemplate(
  template: CertificateTemplate,
  issuer: Certificate | undefined,
): CheckedTemplate {
  if ((template.profile === 'root') !== (issuer === undefined)) {
    throw templateError('a root signs itself, and nothing else does');
  }
  if (!SERIAL.test(template.serial)) {
    throw templateError('the serial number is not between 1 and 2^128 - 1');
  }
  checkDates(template, issuer);
  checkKey(template, issuer);
  checkNames(template);
  checkAuthority(template, issuer);
  return Object.freeze({ template: Object.freeze({ ...template }), issuer }) as CheckedTemplate;
}

function checkDates(template: CertificateTemplate, issuer: Certificate | undefined): void {
  const { notBeforeSeconds, notAfterSeconds } = template;
  if (issuer !== undefined && notBeforeSeconds >= issuer.notAfterSeconds) {
    throw new SallyportError('ERR_CA_EXPIRED', 'the CA that should sign is past its end');
  }
  if (
    !Number.isSafeInteger(notBeforeSeconds) ||
    !Number.isSafeInteger(notAfterSeconds) ||
    notBeforeSeconds < 0 ||
    notAfterSeconds <= notBeforeSeconds ||
    notAfterSeconds > SECONDS_MAX
  ) {
    throw templateError('the validity is no span of time');
  }
  if (issuer !== undefined && notAfterSeconds > issuer.notAfterSeconds) {
    throw templateError('the certificate would outlive its issuer');
  }
}

function checkKey(template: CertificateTemplate, issuer: Certificate | undefined): void {
  const { publicKeyDer } = template;
  if (!hasEcForm(publicKeyDer) && readPublicKey(publicKeyDer) === undefined) {
    throw templateError('the public key is of a kind or size that is not accepted');
  }
  if (template.subjectKeyId !== keyIdOf(publicKeyDer)) {
    throw templateError('the subject key id is not that of the key');
  }
  if (template.authorityKeyId !== (issuer === undefined ? template.subjectKeyId : authorityKeyIdOf(issuer))) {
    throw templateError('the authority key id is not that of the issuer');
  }
}

function checkNames(template: CertificateTemplate): void {
  const { profile, spiffeId, dnsNames } = template;
  parseSpiffeId(spiffeId.uri);
  if ((profile === 'leaf') !== (spiffeId.path !== '')) {
    throw templateError('a leaf has an ID with a path, a CA one without');
  }
  if (profile !== 'leaf' && dnsNames.length > 0) {
    throw templateError('a CA has no DNS names');
  }
  if (dnsNames.length > DNS_NAMES_MAX) {
    throw templateError(`there are more than ${DNS_NAMES_MAX} DNS names`);
  }
  const bad = dnsNames.find((name) => !isDnsName(name));
  if (bad !== undefined) {
    throw templateError(`\`${bad.slice(0, 253)}\` is no DNS name`);
  }
  if (new Set(dnsNames).size !== dnsNames.length) {
    throw templateError('a DNS name stands twice');
  }
}

function checkAuthority(template: CertificateTemplate, issuer: Certificate | undefined): void {
  if (issuer === undefined) {
    return;
  }
  const { basicConstraints, keyUsage, alternativeNames } = issuer.extensions;
  if (basicConstraints?.cA !== true || keyUsage?.has('keyCertSign') !== true) {
    throw templateError('the issuer may not sign certificates');
  }
  if (template.profile !== 'leaf' && basicConstraints.pathLength === 0) {
    throw templateError('the issuer may sign leaves only');
  }
  const foreign = alternativeNames.uris.some(
    (uri) => uri.startsWith('spiffe:') && uri !== `spiffe://${template.spiffeId.trustDomain}`,
  );
  if (foreign) {
    throw templateError('the issuer is of another trust domain');
  }
}

function templateError(message: string): SallyportError {
  return new SallyportError('ERR_CA_TEMPLATE', `certificate not issued: ${message}`);
}
