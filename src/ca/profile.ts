import { type Extension, encodeExtension, OID, writtenOnce } from '../x509/index.ts';
import type { CertificateTemplate } from './template.ts';

/**
 * The extensions of a certificate by its profile, X509-SVID standard appendix A. The alternative names are
 * critical where the subject is empty (RFC 5280 section 4.2.1.6), which it is in leaves.
 */
export function extensionsOf(template: CertificateTemplate): readonly Extension[] {
  const { spiffeId, dnsNames, subjectKeyId, authorityKeyId } = template;
  const names = { uris: [spiffeId.uri], dnsNames };
  const keyIds = [encodeExtension.subjectKeyId(subjectKeyId), encodeExtension.authorityKeyId(authorityKeyId)];
  switch (template.profile) {
    case 'root':
      return [
        ...authority(undefined),
        encodeExtension.alternativeNames({ ...names, critical: false }),
        ...keyIds,
      ];
    case 'intermediate':
      return [...authority(0), encodeExtension.alternativeNames({ ...names, critical: false }), ...keyIds];
    case 'leaf':
      return [...LEAF, encodeExtension.alternativeNames({ ...names, critical: true }), ...keyIds];
  }
}

function authority(pathLength: number | undefined): readonly Extension[] {
  return [
    encodeExtension.basicConstraints({ cA: true, pathLength }),
    encodeExtension.keyUsage(['keyCertSign', 'cRLSign']),
  ];
}

const LEAF: readonly Extension[] = writtenOnce([
  encodeExtension.basicConstraints({ cA: false, pathLength: undefined }),
  encodeExtension.keyUsage(['digitalSignature']),
  encodeExtension.extKeyUsage([OID.serverAuth, OID.clientAuth]),
]);
