import { LIMITS, SallyportError } from '../base/index.ts';
import { splitDer } from './der-read.ts';

/**
 * Certificates that stand one after the other in DER, as the Workload API hands them out. Throws `ERR_X509_DER`,
 * and `ERR_LIMIT_EXCEEDED` for more than a bundle may hold.
 */
export function splitCertificates(bytes: Uint8Array): readonly Uint8Array[] {
  const parts = splitDer(bytes, LIMITS.bundleCertificates);
  if (parts === undefined) {
    throw new SallyportError('ERR_LIMIT_EXCEEDED', `over ${LIMITS.bundleCertificates} certificates`);
  }
  return parts;
}
