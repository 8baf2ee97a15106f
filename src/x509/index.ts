export type { AlternativeNames } from './alternative-names.ts';
export { type Certificate, readCertificate } from './certificate.ts';
export { type CertificateRequest, readCsr } from './certificate-request.ts';
export type { CertificationPath } from './certification-path.ts';
export {
  encodeTbsCrl,
  type RevocationList,
  type RevokedCertificate,
  readCrl,
  type TbsCrlFields,
} from './crl.ts';
export { encodesTheSame } from './der-write.ts';
export type { DistinguishedName } from './distinguished-name.ts';
export {
  encodeExtension,
  encodeName,
  encodeRequestInfo,
  encodeSigned,
  encodeTbsCertificate,
  type TbsFields,
  writesTheSame,
  writtenOnce,
} from './encode-certificate.ts';
export {
  type BasicConstraints,
  type Extension,
  type Extensions,
  isCritical,
  type KeyUsage,
} from './extensions.ts';
export { keyIdOf } from './key-id.ts';
export { OID } from './oids.ts';
export { type PemBlock, readPem, readPemBlocks, writePem } from './pem.ts';
export {
  readPublicKey,
  type SignatureAlgorithm,
  signatureAlgorithmOf,
  verifySignature,
} from './signature-algorithm.ts';
export { splitCertificates } from './split-certificates.ts';
export { checkSvidLeaf } from './svid-leaf.ts';
export { publicKeyOf, verifySignedBy } from './verify-signed-by.ts';
export { type VerifiedSvid, verifySvid } from './verify-svid.ts';
