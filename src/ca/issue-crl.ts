import { SallyportError } from '../base/index.ts';
import {
  encodeSigned,
  encodesTheSame,
  encodeTbsCrl,
  publicKeyOf,
  type RevocationList,
  type RevokedCertificate,
  readCrl,
  signatureAlgorithmOf,
  verifySignature,
} from '../x509/index.ts';
import type { SigningAuthority } from './authority.ts';
import { authorityKeyIdOf } from './template.ts';

export interface CrlWish {
  readonly revoked: readonly RevokedCertificate[];
  readonly thisUpdateSeconds: number;
  readonly nextUpdateSeconds: number;
  /** Lower-case hex without leading zeros. */
  readonly number: string;
}

/**
 * Signs a revocation list and looks at it again before it leaves, as it is done with certificates. Throws
 * `ERR_CA_ISSUE`, and `ERR_CA_TEMPLATE` for an authority that may sign none or dates that are no span.
 */
export async function issueCrl(
  wish: CrlWish,
  { certificate, sign }: SigningAuthority,
): Promise<RevocationList> {
  const key = publicKeyOf(certificate);
  const signatureAlgorithm = key === undefined ? undefined : signatureAlgorithmOf(key);
  if (key === undefined || signatureAlgorithm === undefined) {
    throw new SallyportError('ERR_CA_ISSUE', 'the CA key is of a kind that cannot sign here');
  }
  if (certificate.extensions.keyUsage?.has('cRLSign') !== true) {
    throw new SallyportError('ERR_CA_TEMPLATE', 'the CA may not sign revocation lists');
  }
  if (!(wish.nextUpdateSeconds > wish.thisUpdateSeconds)) {
    throw new SallyportError('ERR_CA_TEMPLATE', 'the dates of a revocation list are no span of time');
  }
  const authorityKeyId = authorityKeyIdOf(certificate);
  const issuerDer = certificate.subject.der;
  const tbsDer = encodeTbsCrl({ ...wish, signatureAlgorithm, issuerDer, authorityKeyId });
  const signature = await sign(tbsDer).catch((cause: unknown) => {
    throw new SallyportError('ERR_CA_ISSUE', 'the CA key did not sign', { cause });
  });
  const der = encodeSigned(tbsDer, signatureAlgorithm, signature);
  const seen = readCrl(der);
  const isAsAsked =
    seen.signatureAlgorithm === signatureAlgorithm &&
    seen.thisUpdateSeconds === wish.thisUpdateSeconds &&
    seen.nextUpdateSeconds === wish.nextUpdateSeconds &&
    seen.number === wish.number &&
    seen.authorityKeyId === authorityKeyId &&
    Buffer.compare(seen.issuer.der, issuerDer) === 0 &&
    sameEntries(seen.revoked, wish.revoked);
  if (!isAsAsked || !encodesTheSame(der)) {
    throw new SallyportError('ERR_CA_ISSUE', 'a signed revocation list is not what was asked for');
  }
  if (!verifySignature(seen.tbsDer, seen.signatureAlgorithm, seen.signature, key)) {
    throw new SallyportError('ERR_CA_ISSUE', 'the signature of a new revocation list does not verify');
  }
  return seen;
}

function sameEntries(a: readonly RevokedCertificate[], b: readonly RevokedCertificate[]): boolean {
  return (
    a.length === b.length &&
    a.every(
      ({ serial, revokedAtSeconds }, index) =>
        serial === b[index]?.serial && revokedAtSeconds === b[index]?.revokedAtSeconds,
    )
  );
}
