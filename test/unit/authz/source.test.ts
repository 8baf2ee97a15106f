import { describe, expect, test } from 'vitest';
import { createPeerCertificates } from '../../../src/authz/peer-certificate.ts';
import { LIMITS } from '../../../src/base/index.ts';
import { opensslCa } from '../../fakes/openssl-ca.ts';
import { type Ask, ask, FRONTEND, policy, snapshotOf } from './bed.ts';

const ca = opensslCa('test');
const one = encoded(ca.issue(`URI:${FRONTEND}`).certificateChainPem);
const two = encoded(
  ca.issue(`URI:${FRONTEND}`, 'URI:spiffe://example.org/ns/web/sa/other').certificateChainPem,
);
const dns = encoded(ca.issue('DNS:a.example', 'DNS:b.example').certificateChainPem);
const ALLOW_FRONTEND = policy(
  'ALLOW',
  '[{ from: [{ source: { principals: [example.org/ns/web/sa/frontend] } }] }]',
);
const snapshot = snapshotOf({ policies: ALLOW_FRONTEND });

/** As Envoy encodes the PEM of a certificate. */
function encoded(pem: string): string {
  return pem
    .replaceAll('%', '%25')
    .replaceAll('\n', '%0A')
    .replaceAll(' ', '%20')
    .replaceAll('+', '%2B')
    .replaceAll('/', '%2F')
    .replaceAll('=', '%3D');
}

function from(certificate: string, principal: string): Ask {
  return { source: { principal, certificate } };
}

describe('the certificate, when Envoy sends it', () => {
  test.each<[string, Ask, string]>([
    ['one name', from(one, FRONTEND), 'allowed_by_policy'],
    ['one name, Envoy says none', from(one, ''), 'allowed_by_policy'],
    ['two URI names, of which Envoy says the first', from(two, FRONTEND), 'source_ambiguous'],
    ['another name than Envoy says', from(one, 'spiffe://example.org/ns/web/sa/other'), 'source_malformed'],
    ['no certificate', from('not a certificate', FRONTEND), 'source_malformed'],
    ['two certificates', from(one + one, FRONTEND), 'source_malformed'],
    ['a broken escape', from(`${one}%`, FRONTEND), 'source_malformed'],
    ['several DNS names', from(dns, 'a.example'), 'denied_no_rule'],
  ])('%s: %s', (_, request, reason) => {
    expect(ask(snapshot, request).reason).toBe(reason);
  });

  test('every DNS name is a name of the peer', () => {
    const { record } = ask(snapshotOf(), from(dns, 'a.example'));
    expect(record.source).toBe('a.example b.example');
  });

  test('a revoked one is refused by its serial and its issuer', () => {
    const seen: [string, string][] = [];
    const isRevoked = (keyId: string, serial: string): boolean => {
      seen.push([keyId, serial]);
      return true;
    };
    expect(ask(snapshotOf({ policies: ALLOW_FRONTEND, isRevoked }), from(one, FRONTEND)).reason).toBe(
      'source_revoked',
    );
    expect(seen).toEqual([[expect.stringMatching(/^[0-9a-f]{40}$/), expect.stringMatching(/^[0-9a-f]+$/)]]);
  });

  test('one that our own trust does not hold is refused', () => {
    const trusting = (isTrusted: boolean): string =>
      ask(
        snapshotOf({ policies: ALLOW_FRONTEND, trust: { isTrusted: () => isTrusted } }),
        from(one, FRONTEND),
      ).reason;
    expect(trusting(true)).toBe('allowed_by_policy');
    expect(trusting(false)).toBe('source_untrusted');
  });
});

describe('certificates that stay parsed', () => {
  test(`up to ${LIMITS.peerCertificateKeptChars} characters`, () => {
    const certificates = createPeerCertificates();
    const long = (chars: number): string => one + '%0A'.repeat(Math.ceil((chars - one.length) / 3));
    const kept = long(LIMITS.peerCertificateKeptChars - 3);
    expect(kept.length).toBeLessThanOrEqual(LIMITS.peerCertificateKeptChars);
    expect(certificates.read(kept)).toBe(certificates.read(kept));
    const tooLong = long(LIMITS.peerCertificateKeptChars + 1);
    expect(certificates.read(tooLong)).toEqual(certificates.read(kept));
    expect(certificates.read(tooLong)).not.toBe(certificates.read(tooLong));
  });

  test(`up to ${LIMITS.peerCertificatesKept} of them`, () => {
    const certificates = createPeerCertificates();
    const nth = (index: number): string => '%0A'.repeat(index) + one;
    const first = certificates.read(nth(0));
    for (let index = 1; index < LIMITS.peerCertificatesKept; index += 1) {
      certificates.read(nth(index));
    }
    expect(certificates.read(nth(0))).toBe(first);
    certificates.read(nth(LIMITS.peerCertificatesKept));
    expect(certificates.read(nth(0))).not.toBe(first);
  });
});
