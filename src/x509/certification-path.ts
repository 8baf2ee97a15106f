import type { SallyportError } from '../base/index.ts';
import { readSpiffeId, type SpiffeId } from '../identity/index.ts';
import type { Certificate } from './certificate.ts';
import { sameName } from './distinguished-name.ts';
import { isCritical } from './extensions.ts';
import { OID } from './oids.ts';
import { checkCriticalExtensions, svidError } from './svid-leaf.ts';
import { verifySignedBy } from './verify-signed-by.ts';

/** Leaf first, trust anchor last; at least two. */
export type CertificationPath = readonly Certificate[];

export interface PathQuestion {
  readonly leaf: Certificate;
  /** In any order; those that lead nowhere are passed over. */
  readonly intermediates: readonly Certificate[];
  readonly anchors: readonly Certificate[];
  readonly spiffeId: SpiffeId;
  readonly nowSeconds: number;
}

/** Signatures that one question may cost, so that a crafted chain cannot make us search for long. */
const SIGNATURES_MAX = 64;

/**
 * A path from the leaf to an anchor by RFC 5280 section 6: names and key ids chain, signatures verify,
 * everything is valid now, every issuer is a CA that may sign certificates and keeps its path length.
 * Throws `ERR_X509_SVID_EXPIRED`, `_NOT_YET_VALID`, or `_UNTRUSTED` whose cause says why the nearest
 * candidate was refused.
 */
export function findPath(question: PathQuestion): CertificationPath {
  const { leaf, anchors, intermediates } = question;
  checkValidity(leaf, question.nowSeconds);
  const search: Search = { question, signaturesLeft: SIGNATURES_MAX, refusal: undefined };
  const path = extend([leaf], [...anchors, ...intermediates], search);
  if (path === undefined) {
    throw svidError(
      'ERR_X509_SVID_UNTRUSTED',
      'no path leads from a leaf to an authority of its trust domain',
      search.refusal,
    );
  }
  return path;
}

interface Search {
  readonly question: PathQuestion;
  signaturesLeft: number;
  refusal: SallyportError | undefined;
}

function extend(
  path: readonly [Certificate, ...Certificate[]],
  candidates: readonly Certificate[],
  search: Search,
): CertificationPath | undefined {
  const subject = path[path.length - 1] ?? path[0];
  for (const issuer of candidates) {
    if (!namesChain(subject, issuer) || search.signaturesLeft <= 0) {
      continue;
    }
    search.signaturesLeft -= 1;
    const isAnchor = search.question.anchors.includes(issuer);
    try {
      checkIssuer(issuer, path, search.question, isAnchor);
      if (!verifySignedBy(subject, issuer)) {
        throw svidError('ERR_X509_SIGNATURE', 'a signature in a chain does not verify');
      }
    } catch (error) {
      search.refusal ??= error as SallyportError;
      continue;
    }
    if (isAnchor) {
      return [...path, issuer];
    }
    const rest = candidates.filter((candidate) => candidate !== issuer);
    const found = extend([...path, issuer], rest, search);
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}

function namesChain(subject: Certificate, issuer: Certificate): boolean {
  const wanted = subject.extensions.authorityKeyId;
  const offered = issuer.extensions.subjectKeyId;
  return (
    sameName(subject.issuer, issuer.subject) &&
    (wanted === undefined || offered === undefined || wanted === offered)
  );
}

/** `path` is what lies below `issuer`, leaf first. */
function checkIssuer(
  issuer: Certificate,
  path: readonly Certificate[],
  question: PathQuestion,
  isAnchor: boolean,
): void {
  const { extensions } = issuer;
  checkValidity(issuer, question.nowSeconds);
  checkCriticalExtensions(issuer);
  if (issuer.version !== 3 || extensions.basicConstraints?.cA !== true) {
    throw svidError('ERR_X509_SVID_CA', 'an issuer in a chain is no CA');
  }
  const usage = extensions.keyUsage;
  if (usage?.has('keyCertSign') !== true || !isCritical(extensions, OID.keyUsage)) {
    throw svidError(
      'ERR_X509_SVID_CA',
      'the key usage of an issuer in a chain is absent, not critical or without keyCertSign',
    );
  }
  if (extensions.all.some((extension) => extension.oid === OID.nameConstraints)) {
    throw svidError('ERR_X509_SVID_CA', 'an issuer in a chain has name constraints, which we cannot judge');
  }
  const between = path.slice(1).filter((below) => !sameName(below.subject, below.issuer)).length;
  if (between > (extensions.basicConstraints.pathLength ?? Number.POSITIVE_INFINITY)) {
    throw svidError('ERR_X509_SVID_CA', 'a chain is longer than one of its issuers allows');
  }
  checkAuthorityId(issuer, question.spiffeId, isAnchor);
}

/** A signing certificate may have a SPIFFE ID; then it has no path and is that of the leaf's trust domain. */
function checkAuthorityId(issuer: Certificate, leafId: SpiffeId, isAnchor: boolean): void {
  for (const uri of issuer.extensions.alternativeNames.uris) {
    if (!uri.startsWith('spiffe:')) {
      continue;
    }
    const id = readSpiffeId(uri);
    if (id === undefined || id.path !== '') {
      throw svidError('ERR_X509_SVID_CA', 'the SPIFFE ID of an issuer in a chain is malformed or has a path');
    }
    if (!isAnchor && id.trustDomain !== leafId.trustDomain) {
      throw svidError('ERR_X509_SVID_CA', 'an intermediate in a chain is of another trust domain');
    }
  }
}

function checkValidity(certificate: Certificate, nowSeconds: number): void {
  if (nowSeconds > certificate.notAfterSeconds) {
    throw svidError('ERR_X509_SVID_EXPIRED', 'a certificate is past its end');
  }
  if (nowSeconds < certificate.notBeforeSeconds) {
    throw svidError('ERR_X509_SVID_NOT_YET_VALID', 'a certificate is not valid yet');
  }
}
