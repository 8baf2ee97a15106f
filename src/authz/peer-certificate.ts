import { type Certificate, readCertificate, readPem } from '../x509/index.ts';

/** Certificates of peers that were seen lately: each is sent with every request over its connection. */
export interface PeerCertificates {
  /** The leaf in URL-encoded PEM, as Envoy sends it; undefined when it cannot be read. */
  read(urlEncodedPem: string): Certificate | undefined;
}

const KEPT_MAX = 2000;
const TEXT_CHARS_MAX = 128 * 1024;

export function createPeerCertificates(): PeerCertificates {
  const kept = new Map<string, Certificate>();
  return {
    read(urlEncodedPem) {
      const known = kept.get(urlEncodedPem);
      if (known !== undefined) {
        return known;
      }
      const certificate = urlEncodedPem.length > TEXT_CHARS_MAX ? undefined : parse(urlEncodedPem);
      if (certificate !== undefined) {
        if (kept.size >= KEPT_MAX) {
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
