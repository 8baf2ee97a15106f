import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { LIMITS, SallyportError } from '../../../src/base/index.ts';
import { type Extension, encodeExtension, OID, verifySvid } from '../../../src/x509/index.ts';
import {
  bundleOf,
  CA_EXTENSIONS,
  type Change,
  LEAF_EXTENSIONS,
  LEAF_ID,
  type Made,
  make,
  NOW,
  replaced,
  without,
} from './certificate-maker.ts';
import { codeOf } from './code-of.ts';

const root = make('root', undefined, { extensions: CA_EXTENSIONS });
const intermediate = make('intermediate', root, { extensions: CA_EXTENSIONS });
const bundle = bundleOf('example.org', root);

function verifyLeaf(extensions: readonly Extension[], change: Change = {}): string {
  const leaf = make('', intermediate, { extensions, ...change });
  return codeOf(() => verifySvid([leaf.der, intermediate.der], bundle, NOW));
}

function verifyVia(ca: Made, ...above: readonly Made[]): string {
  const leaf = make('', ca, { extensions: LEAF_EXTENSIONS });
  return codeOf(() =>
    verifySvid(
      [leaf, ca, ...above].map((made) => made.der),
      bundle,
      NOW,
    ),
  );
}

/** The code of why the nearest candidate for an issuer was refused. */
function refusalVia(ca: Made, ...above: readonly Made[]): unknown {
  const leaf = make('', ca, { extensions: LEAF_EXTENSIONS });
  try {
    return verifySvid(
      [leaf, ca, ...above].map((made) => made.der),
      bundle,
      NOW,
    );
  } catch (error) {
    return error instanceof SallyportError && error.cause instanceof SallyportError
      ? error.cause.code
      : error;
  }
}

function names(uris: readonly string[], dnsNames: readonly string[] = [], critical = true): Extension {
  return encodeExtension.alternativeNames({ uris, dnsNames, critical });
}

describe('a leaf', () => {
  it('is accepted with the standard profile', () => {
    const leaf = make('', intermediate, { extensions: LEAF_EXTENSIONS });
    const verified = verifySvid([leaf.der, intermediate.der], bundle, NOW);
    expect(verified.spiffeId.uri).toBe(LEAF_ID);
    expect(verified.leaf.serial).toBe(leaf.certificate.serial);
    expect(verified.path.map((certificate) => certificate.subject.text)).toEqual([
      '',
      'CN=intermediate',
      'CN=root',
    ]);
  });

  it.each([
    ['has other names beside its ID', replaced(LEAF_EXTENSIONS, names([LEAF_ID], ['a.example.org']))],
    ['has no basicConstraints', without(LEAF_EXTENSIONS, OID.basicConstraints)],
    ['has no extKeyUsage', without(LEAF_EXTENSIONS, OID.extKeyUsage)],
    [
      'may encipher and agree on keys too',
      replaced(
        LEAF_EXTENSIONS,
        encodeExtension.keyUsage(['digitalSignature', 'keyEncipherment', 'keyAgreement']),
      ),
    ],
    [
      'has a further extension that is not critical',
      [...LEAF_EXTENSIONS, { oid: '1.2.3.4', critical: false, value: Uint8Array.of(5, 0) }],
    ],
  ])('is accepted when it %s', (_, extensions) => {
    expect(verifyLeaf(extensions)).toBe('accepted');
  });

  it('is accepted with a subject, its names then critical or not', () => {
    const plain = replaced(LEAF_EXTENSIONS, names([LEAF_ID], [], false));
    expect(verifyLeaf(plain, { subject: 'frontend' })).toBe('accepted');
    expect(verifyLeaf(LEAF_EXTENSIONS, { subject: 'frontend' })).toBe('accepted');
  });

  it.each([
    ['no URI name', replaced(LEAF_EXTENSIONS, names([], ['a.example.org'])), 'ERR_X509_SVID_URI_COUNT'],
    ['no names at all', without(LEAF_EXTENSIONS, OID.subjectAltName), 'ERR_X509_SVID_URI_COUNT'],
    [
      'two URI names',
      replaced(LEAF_EXTENSIONS, names([LEAF_ID, 'spiffe://example.org/b'])),
      'ERR_X509_SVID_URI_COUNT',
    ],
    [
      'an https name beside its ID',
      replaced(LEAF_EXTENSIONS, names([LEAF_ID, 'https://example.org/'])),
      'ERR_X509_SVID_URI_COUNT',
    ],
    [
      'a name of another scheme',
      replaced(LEAF_EXTENSIONS, names(['https://example.org/a'])),
      'ERR_X509_SVID_ID',
    ],
    ['a malformed ID', replaced(LEAF_EXTENSIONS, names(['spiffe://example.org/a/../b'])), 'ERR_X509_SVID_ID'],
    [
      'the ID of a trust domain',
      replaced(LEAF_EXTENSIONS, names(['spiffe://example.org'])),
      'ERR_X509_SVID_ID',
    ],
    [
      'cA TRUE',
      replaced(LEAF_EXTENSIONS, encodeExtension.basicConstraints({ cA: true, pathLength: undefined })),
      'ERR_X509_SVID_LEAF_IS_CA',
    ],
    ['no keyUsage', without(LEAF_EXTENSIONS, OID.keyUsage), 'ERR_X509_SVID_KEY_USAGE'],
    [
      'a keyUsage that is not critical',
      replaced(LEAF_EXTENSIONS, { ...encodeExtension.keyUsage(['digitalSignature']), critical: false }),
      'ERR_X509_SVID_KEY_USAGE',
    ],
    [
      'no digitalSignature',
      replaced(LEAF_EXTENSIONS, encodeExtension.keyUsage(['keyEncipherment'])),
      'ERR_X509_SVID_KEY_USAGE',
    ],
    [
      'keyCertSign',
      replaced(LEAF_EXTENSIONS, encodeExtension.keyUsage(['digitalSignature', 'keyCertSign'])),
      'ERR_X509_SVID_KEY_USAGE',
    ],
    [
      'cRLSign',
      replaced(LEAF_EXTENSIONS, encodeExtension.keyUsage(['digitalSignature', 'cRLSign'])),
      'ERR_X509_SVID_KEY_USAGE',
    ],
    [
      'client authentication alone',
      replaced(LEAF_EXTENSIONS, encodeExtension.extKeyUsage([OID.clientAuth])),
      'ERR_X509_SVID_EXT_KEY_USAGE',
    ],
    [
      'server authentication alone',
      replaced(LEAF_EXTENSIONS, encodeExtension.extKeyUsage([OID.serverAuth])),
      'ERR_X509_SVID_EXT_KEY_USAGE',
    ],
    [
      'an empty subject and names that are not critical',
      replaced(LEAF_EXTENSIONS, names([LEAF_ID], [], false)),
      'ERR_X509_SVID_SAN_NOT_CRITICAL',
    ],
    [
      'a critical extension that nobody knows',
      [...LEAF_EXTENSIONS, { oid: '1.2.3.4', critical: true, value: Uint8Array.of(5, 0) }],
      'ERR_X509_SVID_CRITICAL_EXTENSION',
    ],
  ])('is refused with %s', (_, extensions, code) => {
    expect(verifyLeaf(extensions)).toBe(code);
  });

  it('is valid from its first to its last second', () => {
    const validity = { notBefore: NOW, notAfter: NOW + 60 };
    const leaf = make('', intermediate, { extensions: LEAF_EXTENSIONS, ...validity });
    const at = (seconds: number): string =>
      codeOf(() => verifySvid([leaf.der, intermediate.der], bundle, seconds));
    expect(at(NOW - 1)).toBe('ERR_X509_SVID_NOT_YET_VALID');
    expect(at(NOW)).toBe('accepted');
    expect(at(NOW + 60)).toBe('accepted');
    expect(at(NOW + 61)).toBe('ERR_X509_SVID_EXPIRED');
  });
});

describe('a bundle', () => {
  it('is that of the trust domain of the leaf, even when another holds the same root', () => {
    const leaf = make('', intermediate, { extensions: LEAF_EXTENSIONS });
    const other = bundleOf('other.org', root);
    expect(codeOf(() => verifySvid([leaf.der, intermediate.der], other, NOW))).toBe(
      'ERR_X509_SVID_TRUST_DOMAIN',
    );
  });

  it('without authorities trusts nobody', () => {
    const leaf = make('', intermediate, { extensions: LEAF_EXTENSIONS });
    expect(codeOf(() => verifySvid([leaf.der, intermediate.der], bundleOf('example.org'), NOW))).toBe(
      'ERR_X509_SVID_UNTRUSTED',
    );
  });

  it('finds the right one of several roots of the same name', () => {
    const twin = make('root', undefined, { extensions: CA_EXTENSIONS });
    const leaf = make('', intermediate, { extensions: LEAF_EXTENSIONS });
    const chain = [leaf.der, intermediate.der];
    expect(codeOf(() => verifySvid(chain, bundleOf('example.org', twin, root), NOW))).toBe('accepted');
    expect(codeOf(() => verifySvid(chain, bundleOf('example.org', twin), NOW))).toBe(
      'ERR_X509_SVID_UNTRUSTED',
    );
  });
});

describe('a chain', () => {
  it('is refused when empty, and past the limit of its length', () => {
    expect(codeOf(() => verifySvid([], bundle, NOW))).toBe('ERR_X509_SVID_CHAIN_EMPTY');
    const leaf = make('', intermediate, { extensions: LEAF_EXTENSIONS });
    const fill = (length: number): readonly Uint8Array[] => [
      leaf.der,
      ...Array.from({ length: length - 1 }, () => intermediate.der),
    ];
    expect(codeOf(() => verifySvid(fill(LIMITS.chainCertificates), bundle, NOW))).toBe('accepted');
    expect(codeOf(() => verifySvid(fill(LIMITS.chainCertificates + 1), bundle, NOW))).toBe(
      'ERR_LIMIT_EXCEEDED',
    );
  });

  it('may end at the root directly, hold the root too, and be out of order', () => {
    expect(codeOf(() => verifySvid([make('', root, { extensions: LEAF_EXTENSIONS }).der], bundle, NOW))).toBe(
      'accepted',
    );
    expect(verifyVia(intermediate, root)).toBe('accepted');
    const lower = make('lower', intermediate, { extensions: CA_EXTENSIONS });
    const leaf = make('', lower, { extensions: LEAF_EXTENSIONS });
    expect(codeOf(() => verifySvid([leaf.der, intermediate.der, lower.der], bundle, NOW))).toBe('accepted');
  });

  it('is refused without its intermediate', () => {
    const leaf = make('', intermediate, { extensions: LEAF_EXTENSIONS });
    expect(codeOf(() => verifySvid([leaf.der], bundle, NOW))).toBe('ERR_X509_SVID_UNTRUSTED');
  });

  it('is refused when a stranger signed in the name of the issuer', () => {
    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    expect(verifyLeaf(LEAF_EXTENSIONS, { key: stranger })).toBe('ERR_X509_SVID_UNTRUSTED');
    const forged = make('intermediate', root, { extensions: CA_EXTENSIONS, key: stranger });
    expect(refusalVia(forged)).toBe('ERR_X509_SIGNATURE');
  });

  it('is refused when the names do not chain although the signature verifies', () => {
    expect(verifyLeaf(LEAF_EXTENSIONS, { issuer: root.certificate.subject })).toBe('ERR_X509_SVID_UNTRUSTED');
  });

  it('is refused when the key ids do not chain', () => {
    const withId = make('with id', root, {
      extensions: [...CA_EXTENSIONS, encodeExtension.subjectKeyId('0a')],
    });
    const leafWith = (keyId: string): string => {
      const extensions = [...LEAF_EXTENSIONS, encodeExtension.authorityKeyId(keyId)];
      const leaf = make('', withId, { extensions });
      return codeOf(() => verifySvid([leaf.der, withId.der], bundle, NOW));
    };
    expect(leafWith('0a')).toBe('accepted');
    expect(leafWith('0b')).toBe('ERR_X509_SVID_UNTRUSTED');
  });

  const ca = (...others: readonly Extension[]): Made =>
    make('ca', root, { extensions: replaced(CA_EXTENSIONS, ...others) });

  it.each([
    ['no SPIFFE ID', () => make('ca', root, { extensions: without(CA_EXTENSIONS, OID.subjectAltName) })],
    ['a URI of another scheme', () => ca(names(['https://ca.example.org/'], [], false))],
    [
      'digitalSignature beside keyCertSign',
      () => ca(encodeExtension.keyUsage(['digitalSignature', 'keyCertSign'])),
    ],
    ['a path length of 0', () => ca(encodeExtension.basicConstraints({ cA: true, pathLength: 0 }))],
  ])('is accepted over an intermediate with %s', (_, made) => {
    expect(verifyVia(made())).toBe('accepted');
  });

  it.each([
    [
      'no basicConstraints',
      () => make('ca', root, { extensions: without(CA_EXTENSIONS, OID.basicConstraints) }),
      'ERR_X509_SVID_CA',
    ],
    [
      'cA FALSE',
      () => ca(encodeExtension.basicConstraints({ cA: false, pathLength: undefined })),
      'ERR_X509_SVID_CA',
    ],
    [
      'no keyUsage',
      () => make('ca', root, { extensions: without(CA_EXTENSIONS, OID.keyUsage) }),
      'ERR_X509_SVID_CA',
    ],
    ['no keyCertSign', () => ca(encodeExtension.keyUsage(['cRLSign'])), 'ERR_X509_SVID_CA'],
    [
      'a keyUsage that is not critical',
      () => ca({ ...encodeExtension.keyUsage(['keyCertSign']), critical: false }),
      'ERR_X509_SVID_CA',
    ],
    ['an ID with a path', () => ca(names(['spiffe://example.org/ca'], [], false)), 'ERR_X509_SVID_CA'],
    ['an ID of another trust domain', () => ca(names(['spiffe://other.org'], [], false)), 'ERR_X509_SVID_CA'],
    ['a malformed ID', () => ca(names(['spiffe://EXAMPLE.org'], [], false)), 'ERR_X509_SVID_CA'],
    [
      'name constraints',
      () => ca({ oid: OID.nameConstraints, critical: false, value: Uint8Array.of(0x30, 0) }),
      'ERR_X509_SVID_CA',
    ],
    [
      'a critical extension that nobody knows',
      () => ca({ oid: '1.2.3.4', critical: true, value: Uint8Array.of(5, 0) }),
      'ERR_X509_SVID_CRITICAL_EXTENSION',
    ],
    [
      'a validity that is over',
      () => make('ca', root, { extensions: CA_EXTENSIONS, notAfter: NOW - 1 }),
      'ERR_X509_SVID_EXPIRED',
    ],
    [
      'a validity to come',
      () => make('ca', root, { extensions: CA_EXTENSIONS, notBefore: NOW + 1 }),
      'ERR_X509_SVID_NOT_YET_VALID',
    ],
  ])('is refused over an intermediate with %s', (_, made, code) => {
    expect(refusalVia(made())).toBe(code);
  });

  it('is refused when it is longer than an issuer allows', () => {
    const short = ca(encodeExtension.basicConstraints({ cA: true, pathLength: 0 }));
    const below = make('below', short, { extensions: CA_EXTENSIONS });
    expect(verifyVia(short)).toBe('accepted');
    expect(refusalVia(below, short)).toBe('ERR_X509_SVID_CA');
  });

  it('is refused over an expired root', () => {
    const old = make('root', undefined, { extensions: CA_EXTENSIONS, notAfter: NOW - 1 });
    const leaf = make('', old, { extensions: LEAF_EXTENSIONS });
    expect(codeOf(() => verifySvid([leaf.der], bundleOf('example.org', old), NOW))).toBe(
      'ERR_X509_SVID_UNTRUSTED',
    );
  });

  it('does not treat a leaf as an issuer', () => {
    const leaf = make('leaf', intermediate, { extensions: LEAF_EXTENSIONS });
    expect(refusalVia(leaf, intermediate)).toBe('ERR_X509_SVID_CA');
  });

  it('ends the search in a web of certificates that sign each other', () => {
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const web = Array.from({ length: LIMITS.chainCertificates - 1 }, () =>
      make('web', undefined, { extensions: CA_EXTENSIONS, key }),
    );
    const leaf = make('', web[0], { extensions: LEAF_EXTENSIONS, key });
    expect(
      codeOf(() =>
        verifySvid(
          [leaf, ...web].map((made) => made.der),
          bundle,
          NOW,
        ),
      ),
    ).toBe('ERR_X509_SVID_UNTRUSTED');
  });
});
