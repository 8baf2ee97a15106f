import { readSpiffeId } from '../identity/index.ts';
import type { CheckRequest } from '../proto/index.ts';
import { type CheckCall, SEVERAL, trustedMetadata } from './call.ts';
import { peerOfForwardedCert } from './forwarded-client-cert.ts';
import type { AuthzProfile, ProxyKind } from './options.ts';
import { createPeerCertificates } from './peer-certificate.ts';
import type { RequestReason } from './reason.ts';
import type { Snapshot } from './snapshot.ts';

export type SourceReading =
  | {
      readonly kind: 'source';
      /** Empty for a peer without a certificate, undefined when it cannot be known whether there is one. */
      readonly principals: readonly string[] | undefined;
    }
  | { readonly kind: 'refused'; readonly reason: RequestReason };

const certificates = createPeerCertificates();

/**
 * Who asks: the names of the peer's certificate when Envoy sends it, else the one name that Envoy picks, else
 * what the profile lets us believe of call metadata and X-Forwarded-Client-Cert. A peer with several URI names
 * is refused: which of them a rule meant cannot be known. A waypoint that is not told has callers that are
 * unknown, not callers without a name. `source.service` is written by the client and never looked at.
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
  const seen = shown !== undefined && shown.length > 0 ? shown : principal === '' ? [] : [principal];
  const named = told === undefined || told === '' ? [] : told.split(',');
  if (named.length > 1 || (told !== undefined && told !== '' && seen.length > 0 && !seen.includes(told))) {
    return refused('source_ambiguous');
  }
  const connected = seen.length > 0 ? seen : named;
  if (connected.length > 0) {
    return sourceOf(connected);
  }
  if (profile.trustXfcc && request.http !== undefined) {
    return forwardedSource(request.http.headers.lines('x-forwarded-client-cert')?.at(-1) ?? '');
  }
  return told === undefined && MTLS_ENDS_ELSEWHERE.has(profile.kind)
    ? { kind: 'source', principals: undefined }
    : sourceOf([]);
}

/** Where no TLS peer is on the connection that asks: HBONE ends in front of it, or the node does it. */
const MTLS_ENDS_ELSEWHERE: ReadonlySet<ProxyKind> = new Set(['waypoint', 'cilium']);

function forwardedSource(header: string): SourceReading {
  const forwarded = peerOfForwardedCert(header);
  if (forwarded === undefined) {
    return refused('source_malformed');
  }
  return forwarded.length > 1 ? refused('source_ambiguous') : sourceOf(forwarded);
}

function sourceOf(principals: readonly string[]): SourceReading {
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
