import { readSpiffeId } from '../identity/index.ts';
import type { CertificateControl } from '../issuer/index.ts';
import { readCertificate } from '../x509/index.ts';

/** What the inventory says of clients on listeners with mutual TLS. */
export interface TlsClients {
  /** False for a certificate that was revoked or cannot be read, and for an identity that was stopped. */
  isInForce(uri: string, certificateDer: Uint8Array): boolean;
  readonly onReview: (review: () => void) => () => void;
}

export function createTlsClients(
  certificates: Pick<CertificateControl, 'isRevoked' | 'isStopped' | 'onWithdrawn'>,
): TlsClients {
  return {
    isInForce(uri, certificateDer) {
      const id = readSpiffeId(uri);
      if (id === undefined || certificates.isStopped(id)) {
        return false;
      }
      try {
        const { serial, extensions } = readCertificate(certificateDer);
        const issuerKeyId = extensions.authorityKeyId;
        return issuerKeyId !== undefined && !certificates.isRevoked(issuerKeyId, serial);
      } catch {
        return false;
      }
    },
    onReview: certificates.onWithdrawn,
  };
}
