import { readSpiffeId } from '../identity/index.ts';
import type { CheckRequest } from '../proto/index.ts';
import { type CheckCall, SEVERAL, trustedMetadata } from './call.ts';
import { peerOfForwardedCert } from './forwarded-client-cert.ts';
import type { AuthzProfile } from './options.ts';
import { createPeerCertificates } from './peer-certificate.ts';
import type { RequestReason } from './reason.ts';
import type { Snapshot } from './snapshot.ts';

export type SourceReading =
  | { readonly kind: 'source'; readonly principals: readonly string[] }
  | { readonly kind: 'refused'; readonly reason: RequestReason };

const certificates = createPeerCertificates();

/**
 * Who asks: the names of the peer's certificate when Envoy sends it, else the one name that Envoy picks, else
 * what the profile lets us believe of call metadata and X-Forwarded-Client-Cert. A peer with several URI names
 * is refused: which of them a rule meant cannot be known. `source.service` is written by the client and never
 * looked at.
 */
export function readSource(
  call: CheckCall,
  profile: AuthzProfile,
  request: CheckRequest,
  snapshot: Snapshot,
): SourceReading {
  const { principal = '', certificate = '' } = request.source ?? {};
  const shown = certificate === '' ? undefined : namesOfCertificate(certificate, call, snapshot);
  if (typeof shown === 'string') {
    return refused(shown);
  }
  if (shown !== undefined && principal !== '' && shown.length > 0 && !shown.includes(principal)) {
    return refused('source_malformed');
  }
  const told = trustedMetadata(call, profile, 'peer');
  if (told === SEVERAL) {
    return refused('request_malformed');
  }
  let principals = shown !== undefined && shown.length > 0 ? shown : principal === '' ? [] : [principal];
  if (told !== undefined) {
    const named = told.split(',');
    if (named.length > 1 || (principals.length > 0 && !principals.includes(told))) {
      return refused('source_ambiguous');
    }
    principals = principals.length > 0 ? principals : named;
  }
  if (principals.length === 0 && profile.trustXfcc) {
    const forwarded = peerOfForwardedCert(
      request.http?.headers.lines('x-forwarded-client-cert')?.at(-1) ?? '',
    );
    if (forwarded === undefined) {
      return refused('source_malformed');
    }
    if (forwarded.length > 1) {
      return refused('source_ambiguous');
    }
    principals = forwarded;
  }
  return principals.some(isBrokenSpiffeId) ? refused('source_malformed') : { kind: 'source', principals };
}

/** URI names, else DNS names, as Envoy orders them; empty when the certificate has only a subject. */
function namesOfCertificate(
  urlEncodedPem: string,
  call: CheckCall,
  snapshot: Snapshot,
): readonly string[] | RequestReason {
  const certificate = certificates.read(urlEncodedPem);
  if (certificate === undefined) {
    return 'source_malformed';
  }
  const { authorityKeyId, alternativeNames } = certificate.extensions;
  if (authorityKeyId !== undefined && snapshot.isRevoked(authorityKeyId, certificate.serial)) {
    return 'source_revoked';
  }
  if (snapshot.trust !== undefined && !snapshot.trust.isTrusted(certificate, call.nowSeconds)) {
    return 'source_untrusted';
  }
  if (alternativeNames.uris.length > 1) {
    return 'source_ambiguous';
  }
  return alternativeNames.uris.length > 0 ? alternativeNames.uris : alternativeNames.dnsNames;
}

function isBrokenSpiffeId(name: string): boolean {
  return /^spiffe:/i.test(name) && readSpiffeId(name) === undefined;
}

function refused(reason: RequestReason): SourceReading {
  return { kind: 'refused', reason };
}
