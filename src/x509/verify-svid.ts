import { LIMITS, SallyportError } from '../base/index.ts';
import type { SpiffeId, TrustBundle } from '../identity/index.ts';
import { type Certificate, readCertificate } from './certificate.ts';
import { type CertificationPath, findPath } from './certification-path.ts';
import { checkSvidLeaf, svidError } from './svid-leaf.ts';

export interface VerifiedSvid {
  readonly spiffeId: SpiffeId;
  readonly leaf: Certificate;
  /** Leaf first, trust anchor last. */
  readonly path: CertificationPath;
}

const ANCHORS = new WeakMap<TrustBundle, readonly Certificate[]>();

/**
 * Verifies an X.509-SVID: the leaf's own rules (`checkSvidLeaf`), then a path to an authority in the
 * bundle of the leaf's trust domain, valid at `nowSeconds`. `chainDer` is the leaf followed by
 * intermediates in any order; a bundle of another trust domain is never enough.
 * Throws `ERR_X509_*`, `ERR_X509_SVID_*` or `ERR_LIMIT_EXCEEDED`.
 */
export function verifySvid(
  chainDer: readonly Uint8Array[],
  bundle: TrustBundle,
  nowSeconds: number,
): VerifiedSvid {
  if (chainDer.length > LIMITS.chainCertificates) {
    throw new SallyportError(
      'ERR_LIMIT_EXCEEDED',
      `a chain has more than ${LIMITS.chainCertificates} certificates`,
    );
  }
  const [leaf, ...intermediates] = chainDer.map(readCertificate);
  if (leaf === undefined) {
    throw svidError('ERR_X509_SVID_CHAIN_EMPTY', 'a chain has no certificate');
  }
  const spiffeId = checkSvidLeaf(leaf);
  if (spiffeId.trustDomain !== bundle.trustDomain) {
    throw svidError('ERR_X509_SVID_TRUST_DOMAIN', 'the bundle is that of another trust domain');
  }
  const path = findPath({ leaf, intermediates, anchors: anchorsOf(bundle), spiffeId, nowSeconds });
  return { spiffeId, leaf, path };
}

function anchorsOf(bundle: TrustBundle): readonly Certificate[] {
  let anchors = ANCHORS.get(bundle);
  if (anchors === undefined) {
    anchors = bundle.x509Authorities.map(readCertificate);
    ANCHORS.set(bundle, anchors);
  }
  return anchors;
}
