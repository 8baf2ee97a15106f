import { LIMITS } from '../base/index.ts';
import { type Certificate, readCertificate, readPem } from '../x509/index.ts';

/** Certificates of peers that were seen lately: each is sent with every request over its connection. */
export interface PeerCertificates {
  /** The leaf in URL-encoded PEM, as Envoy sends it; undefined when it cannot be read. */
  read(urlEncodedPem: string): Certificate | undefined;
}

export function createPeerCertificates(): PeerCertificates {
  const kept = new Map<string, Certificate>();
  return {
    read(urlEncodedPem) {
      const known = kept.get(urlEncodedPem);
      if (known !== undefined) {
        return known;
      }
      const certificate = parse(urlEncodedPem);
      if (certificate !== undefined && urlEncodedPem.length <= LIMITS.peerCertificateKeptChars) {
        if (kept.size >= LIMITS.peerCertificatesKept) {
          kept.clear();
        }
        kept.set(urlEncodedPem, certificate);
      }
      return certificate;
    },
  };
}

function parse(urlEncodedPem: string): Certificate | undefined {
  try {
    const [der, ...more] = readPem(decodeURIComponent(urlEncodedPem), 'CERTIFICATE');
    return der === undefined || more.length > 0 ? undefined : readCertificate(der);
  } catch {
    return undefined;
  }
}
