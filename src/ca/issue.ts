import { SallyportError } from '../base/index.ts';
import {
  type Certificate,
  encodeSigned,
  encodesTheSame,
  encodeTbsCertificate,
  publicKeyOf,
  readCertificate,
  readPublicKey,
  type SignatureAlgorithm,
  signatureAlgorithmOf,
  verifySignedBy,
  writesTheSame,
} from '../x509/index.ts';
import type { CheckedTemplate } from './check.ts';
import { differencesFrom } from './look-again.ts';
import { extensionsOf } from './profile.ts';
import type { Sign } from './signer.ts';
import type { CertificateTemplate } from './template.ts';

/**
 * The one place where a certificate is signed: build, sign, look again. The signed bytes are read by our
 * own reader, encode to the same bytes, equal the template field by field and verify
 * under the issuer, or they do not leave. Throws `ERR_CA_ISSUE`.
 */
export async function issue(checked: CheckedTemplate, sign: Sign): Promise<Certificate> {
  const { template, issuer } = checked;
  const signatureAlgorithm = algorithmOf(checked);
  const tbsDer = encodeTbsCertificate({
    serial: template.serial,
    signatureAlgorithm,
    issuerDer: issuer?.subject.der ?? template.subjectDer,
    notBeforeSeconds: template.notBeforeSeconds,
    notAfterSeconds: template.notAfterSeconds,
    subjectDer: template.subjectDer,
    publicKeyDer: template.publicKeyDer,
    extensions: extensionsOf(template),
  });
  let signature: Uint8Array;
  try {
    signature = await sign(tbsDer);
  } catch (error) {
    throw new SallyportError('ERR_CA_ISSUE', 'the CA key did not sign', { cause: error });
  }
  const der = encodeSigned(tbsDer, signatureAlgorithm, signature);
  const certificate = readCertificate(der);
  const differences = differencesFrom(checked, certificate, signatureAlgorithm);
  if (differences.length > 0 || !isEncodedRight(template.profile, certificate)) {
    throw new SallyportError(
      'ERR_CA_ISSUE',
      `a signed certificate is not what was asked for: ${differences.join(', ') || 'its encoding'}`,
    );
  }
  if (!verifySignedBy(certificate, issuer ?? certificate)) {
    throw new SallyportError('ERR_CA_ISSUE', 'the signature of a new certificate does not verify');
  }
  return certificate;
}

/**
 * The fields written again are the signed bytes. What signs others is taken through another encoder too; for
 * a leaf, which there are thousands of, that would cost half as much as its signature.
 */
function isEncodedRight(profile: CertificateTemplate['profile'], certificate: Certificate): boolean {
  return writesTheSame(certificate) && (profile === 'leaf' || encodesTheSame(certificate.der));
}

function algorithmOf({ template, issuer }: CheckedTemplate): SignatureAlgorithm {
  const key = issuer === undefined ? readPublicKey(template.publicKeyDer) : publicKeyOf(issuer);
  const algorithm = key === undefined ? undefined : signatureAlgorithmOf(key);
  if (algorithm === undefined) {
    throw new SallyportError('ERR_CA_ISSUE', 'the CA key is of a kind that cannot sign certificates here');
  }
  return algorithm;
}
