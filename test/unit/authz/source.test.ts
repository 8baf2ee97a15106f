import { describe, expect, test } from 'vitest';
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
