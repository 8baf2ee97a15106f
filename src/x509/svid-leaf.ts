import { type ErrorCode, SallyportError } from '../base/index.ts';
import { parseSpiffeId, type SpiffeId } from '../identity/index.ts';
import type { Certificate } from './certificate.ts';
import { isCritical } from './extensions.ts';
import { OID } from './oids.ts';

/**
 * The SPIFFE ID of a leaf certificate that keeps the rules for an X.509-SVID (X509-SVID standard,
 * sections 2 to 5): exactly one URI name, a SPIFFE ID with a path; no CA; key usage present, critical,
 * with digitalSignature and neither keyCertSign nor cRLSign; if extended key usage is there, then server
 * and client authentication; alternative names critical when the subject is empty; no critical extension
 * that we do not understand. Who signed it and its dates are not looked at. Throws `ERR_X509_SVID_*`.
 */
export function checkSvidLeaf(certificate: Certificate): SpiffeId {
  const { extensions } = certificate;
  const { uris } = extensions.alternativeNames;
  const [uri] = uris;
  if (uri === undefined || uris.length !== 1) {
    throw svidError(
      'ERR_X509_SVID_URI_COUNT',
      `a leaf has ${uris.length} URI names where exactly one belongs`,
    );
  }
  const spiffeId = readLeafId(uri);
  if (extensions.basicConstraints?.cA === true) {
    throw svidError('ERR_X509_SVID_LEAF_IS_CA', 'a leaf is a CA certificate');
  }
  checkKeyUsage(certificate);
  const purposes = extensions.extKeyUsage;
  if (purposes !== undefined && !(purposes.includes(OID.serverAuth) && purposes.includes(OID.clientAuth))) {
    throw svidError(
      'ERR_X509_SVID_EXT_KEY_USAGE',
      'a leaf with extended key usage lacks server or client authentication',
    );
  }
  if (certificate.subject.text === '' && !isCritical(extensions, OID.subjectAltName)) {
    throw svidError(
      'ERR_X509_SVID_SAN_NOT_CRITICAL',
      'a leaf has an empty subject and alternative names that are not critical',
    );
  }
  checkCriticalExtensions(certificate);
  return spiffeId;
}

const UNDERSTOOD: ReadonlySet<string> = new Set([
  OID.basicConstraints,
  OID.keyUsage,
  OID.extKeyUsage,
  OID.subjectAltName,
  OID.subjectKeyIdentifier,
  OID.authorityKeyIdentifier,
]);

/** A critical extension that the reader does not understand must not be passed over. RFC 5280, 4.2. */
export function checkCriticalExtensions(certificate: Certificate): void {
  const unknown = certificate.extensions.all.find(
    (extension) => extension.critical && !UNDERSTOOD.has(extension.oid),
  );
  if (unknown !== undefined) {
    throw svidError(
      'ERR_X509_SVID_CRITICAL_EXTENSION',
      `a certificate has the critical extension ${unknown.oid} that we do not understand`,
    );
  }
}

export function svidError(code: ErrorCode, message: string, cause?: unknown): SallyportError {
  return new SallyportError(code, message, cause === undefined ? {} : { cause });
}

function readLeafId(uri: string): SpiffeId {
  let spiffeId: SpiffeId;
  try {
    spiffeId = parseSpiffeId(uri);
  } catch (error) {
    throw svidError('ERR_X509_SVID_ID', 'the URI name of a leaf is no SPIFFE ID', error);
  }
  if (spiffeId.path === '') {
    throw svidError('ERR_X509_SVID_ID', 'the SPIFFE ID of a leaf has no path');
  }
  return spiffeId;
}

function checkKeyUsage(certificate: Certificate): void {
  const { extensions } = certificate;
  const usage = extensions.keyUsage;
  if (usage === undefined || !isCritical(extensions, OID.keyUsage)) {
    throw svidError('ERR_X509_SVID_KEY_USAGE', 'the key usage of a leaf is absent or not critical');
  }
  if (!usage.has('digitalSignature')) {
    throw svidError('ERR_X509_SVID_KEY_USAGE', 'the key of a leaf is not for digital signatures');
  }
  if (usage.has('keyCertSign') || usage.has('cRLSign')) {
    throw svidError('ERR_X509_SVID_KEY_USAGE', 'the key of a leaf is for signing certificates or CRLs');
  }
}
