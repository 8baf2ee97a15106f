import { describe, expect, it } from 'vitest';
import { errorCodeOf } from '../../../src/base/index.ts';
import {
  type CertificateTemplate,
  checkTemplate,
  createIntermediate,
  createRoot,
  issue,
  issueLeaf,
  leafTemplate,
  newKeyPair,
  rootTemplate,
  type Sign,
  signerOf,
} from '../../../src/ca/index.ts';
import { parseSpiffeId, parseTrustDomain } from '../../../src/identity/index.ts';
import { encodeName, isCritical, OID, verifySvid } from '../../../src/x509/index.ts';
import {
  FRONTEND,
  intermediate,
  LEAF_WISH,
  leafKey,
  NOW,
  random,
  root,
  TRUST_DOMAIN,
  WISH,
} from './ca-parts.ts';

async function codeOf(run: () => unknown): Promise<string> {
  try {
    await run();
    return 'accepted';
  } catch (error) {
    return errorCodeOf(error);
  }
}

const leaf = leafTemplate(LEAF_WISH, intermediate.certificate, random);
const bundle = {
  trustDomain: TRUST_DOMAIN,
  x509Authorities: [root.certificate.der],
  jwtAuthorities: [],
  sequence: 1,
  refreshHintSeconds: 60,
};

describe('the profile', () => {
  it('of a root: signs itself, is a CA, has the ID of its trust domain', () => {
    const { certificate } = root;
    const { extensions } = certificate;
    expect(certificate.subject.text).toBe(
      `serialNumber=${certificate.serial},CN=example.org root,O=Sallyport`,
    );
    expect(certificate.issuer.text).toBe(certificate.subject.text);
    expect(extensions.basicConstraints).toEqual({ cA: true, pathLength: undefined });
    expect([...(extensions.keyUsage ?? [])]).toEqual(['keyCertSign', 'cRLSign']);
    expect(isCritical(extensions, OID.keyUsage)).toBe(true);
    expect(isCritical(extensions, OID.basicConstraints)).toBe(true);
    expect(extensions.extKeyUsage).toBeUndefined();
    expect(extensions.alternativeNames.uris).toEqual(['spiffe://example.org']);
    expect(extensions.authorityKeyId).toBe(extensions.subjectKeyId);
  });

  it('of an intermediate: signs leaves only', () => {
    const { extensions } = intermediate.certificate;
    expect(extensions.basicConstraints).toEqual({ cA: true, pathLength: 0 });
    expect(extensions.alternativeNames.uris).toEqual(['spiffe://example.org']);
    expect(extensions.authorityKeyId).toBe(root.certificate.extensions.subjectKeyId);
  });

  it('of a leaf: empty subject, critical names, both purposes, no more than a signature', async () => {
    const certificate = await issueLeaf(LEAF_WISH, intermediate, random);
    const { extensions } = certificate;
    expect(certificate.subject.text).toBe('');
    expect(isCritical(extensions, OID.subjectAltName)).toBe(true);
    expect(extensions.alternativeNames).toMatchObject({
      uris: [FRONTEND.uri],
      dnsNames: ['frontend.example.org'],
    });
    expect(extensions.basicConstraints).toEqual({ cA: false, pathLength: undefined });
    expect([...(extensions.keyUsage ?? [])]).toEqual(['digitalSignature']);
    expect(extensions.extKeyUsage).toEqual([OID.serverAuth, OID.clientAuth]);
    expect(certificate.notBeforeSeconds).toBe(NOW - 10);
    expect(certificate.notAfterSeconds).toBe(NOW + 600);
    expect(certificate.serial.length).toBeGreaterThan(28);
    const chain = [certificate.der, intermediate.certificate.der];
    expect(verifySvid(chain, bundle, NOW).spiffeId.uri).toBe(FRONTEND.uri);
  });

  it('of a CA with a trust domain too long for a common name leaves it out of the name', async () => {
    const trustDomain = parseTrustDomain('a'.repeat(255));
    const { certificate } = await createRoot({ ...WISH, trustDomain }, random);
    expect(certificate.subject.text).toContain(',CN=root,');
    expect(certificate.extensions.alternativeNames.uris).toEqual([`spiffe://${trustDomain}`]);
  });

  it.each(['ec-p384', 'rsa-2048'] as const)('works with CA keys of type %s', async (keyType) => {
    const otherRoot = await createRoot({ ...WISH, keyType }, random);
    const other = await createIntermediate({ ...WISH, keyType }, otherRoot, random);
    const certificate = await issueLeaf(LEAF_WISH, other, random);
    expect(certificate.signatureAlgorithm).toBe(
      keyType === 'ec-p384' ? 'ecdsa-with-SHA384' : 'sha256WithRSAEncryption',
    );
    const trusted = { ...bundle, x509Authorities: [otherRoot.certificate.der] };
    expect(await codeOf(() => verifySvid([certificate.der, other.certificate.der], trusted, NOW))).toBe(
      'accepted',
    );
  });
});

describe('dates', () => {
  it('end no later than those of the issuer', async () => {
    const certificate = await issueLeaf({ ...LEAF_WISH, ttlSeconds: 7200 }, intermediate, random);
    expect(certificate.notAfterSeconds).toBe(intermediate.certificate.notAfterSeconds);
    const long = await createIntermediate({ ...WISH, ttlSeconds: 10 ** 8 }, root, random);
    expect(long.certificate.notAfterSeconds).toBe(root.certificate.notAfterSeconds);
  });

  it('count from a moment between two seconds so that nothing lives longer than asked', async () => {
    const certificate = await issueLeaf({ ...LEAF_WISH, nowSeconds: NOW + 0.9 }, intermediate, random);
    expect(certificate.notBeforeSeconds).toBe(NOW - 10);
    expect(certificate.notAfterSeconds).toBe(NOW + 600);
  });

  it('past the end of the issuer: nothing is signed', async () => {
    const at = intermediate.certificate.notAfterSeconds;
    const issueAt = (nowSeconds: number): Promise<string> =>
      codeOf(() => issueLeaf({ ...LEAF_WISH, nowSeconds }, intermediate, random));
    expect(await issueAt(at - 1)).toBe('accepted');
    expect(await issueAt(at)).toBe('ERR_CA_EXPIRED');
    expect(await issueAt(at + 100)).toBe('ERR_CA_EXPIRED');
  });

  it('may pass 2050', async () => {
    const far = await createRoot({ ...WISH, ttlSeconds: 30 * 365 * 86_400 }, random);
    expect(far.certificate.notAfterSeconds).toBe(NOW + 30 * 365 * 86_400);
  });
});

describe('checkTemplate', () => {
  const check = (change: Partial<CertificateTemplate>): Promise<string> =>
    codeOf(() => checkTemplate({ ...leaf, ...change }, intermediate.certificate));

  it('accepts what the template functions make', async () => {
    expect(await check({})).toBe('accepted');
    const own = rootTemplate({ ...WISH, publicKeyDer: leafKey.publicKeyDer }, random);
    expect(await codeOf(() => checkTemplate(own, undefined))).toBe('accepted');
  });

  it.each<[string, Partial<CertificateTemplate>]>([
    ['a serial of zero', { serial: '0' }],
    ['a serial with leading zeros', { serial: '01' }],
    ['an empty serial', { serial: '' }],
    ['a serial of 17 bytes', { serial: `1${'0'.repeat(32)}` }],
    ['a serial that is no hex', { serial: 'xyz' }],
    ['an end before its beginning', { notAfterSeconds: NOW - 10 }],
    ['a date that is no whole second', { notAfterSeconds: NOW + 0.5 }],
    ['a date that is no number', { notAfterSeconds: Number.NaN }],
    ['a date before 1970', { notBeforeSeconds: -1 }],
    ['an end past that of the issuer', { notAfterSeconds: NOW + 3601 }],
    ['a key that is none', { publicKeyDer: Uint8Array.of(0x30, 0) }],
    ['the key id of another key', { subjectKeyId: '00' }],
    ['the authority key id of another issuer', { authorityKeyId: '00' }],
    ['the ID of a trust domain', { spiffeId: parseSpiffeId('spiffe://example.org') }],
    ['an ID of another trust domain than its issuer', { spiffeId: parseSpiffeId('spiffe://other.org/a') }],
    ['an ID that was never parsed', { spiffeId: { ...FRONTEND, uri: 'spiffe://example.org/../a' } }],
    ['a DNS name that is none', { dnsNames: ['a b'] }],
    ['a DNS name twice', { dnsNames: ['a', 'a'] }],
    ['101 DNS names', { dnsNames: Array.from({ length: 101 }, (_, index) => `a${index}`) }],
    ['a root with an issuer', { profile: 'root' }],
    [
      'a CA under an intermediate',
      { profile: 'intermediate', spiffeId: parseSpiffeId('spiffe://example.org'), dnsNames: [] },
    ],
  ])('refuses %s', async (_, change) => {
    const code = await check(change);
    expect(code === 'ERR_CA_TEMPLATE' || code.startsWith('ERR_SPIFFE_ID_')).toBe(true);
  });

  it('takes 100 DNS names', async () => {
    expect(await check({ dnsNames: Array.from({ length: 100 }, (_, index) => `a${index}`) })).toBe(
      'accepted',
    );
  });

  it('refuses a leaf under a leaf, a leaf without issuer, and a weak key', async () => {
    const other = await issueLeaf(LEAF_WISH, intermediate, random);
    const under = leafTemplate({ ...LEAF_WISH, ttlSeconds: 60 }, other, random);
    expect(await codeOf(() => checkTemplate(under, other))).toBe('ERR_CA_TEMPLATE');
    expect(await codeOf(() => checkTemplate(leaf, undefined))).toBe('ERR_CA_TEMPLATE');
  });

  it('freezes what it checked', () => {
    expect(Object.isFrozen(checkTemplate(leaf, intermediate.certificate).template)).toBe(true);
  });
});

describe('issue', () => {
  const issueWith = (sign: Sign): Promise<string> =>
    codeOf(() => issue(checkTemplate(leaf, intermediate.certificate), sign));

  it('lets nothing out that a stranger signed', async () => {
    expect(await issueWith(signerOf(leafKey.privateKeyDer))).toBe('ERR_CA_ISSUE');
  });

  it('lets nothing out when the signer signed something else, or nothing', async () => {
    expect(await issueWith((tbs) => intermediate.sign(tbs.subarray(1)))).toBe('ERR_CA_ISSUE');
    expect(await issueWith(async () => new Uint8Array(70))).toBe('ERR_CA_ISSUE');
    expect(await issueWith(async () => new Uint8Array())).toBe('ERR_CA_ISSUE');
  });

  it('lets nothing out when the signer fails', async () => {
    expect(await issueWith(() => Promise.reject(new Error('no KMS')))).toBe('ERR_CA_ISSUE');
  });

  it('keeps a subject that was asked for', async () => {
    const changed = { ...leaf, subjectDer: encodeName([{ oid: '2.5.4.3', text: 'x' }]) };
    const certificate = await issue(checkTemplate(changed, intermediate.certificate), intermediate.sign);
    expect(certificate.subject.text).toBe('CN=x');
  });

  it('gives every certificate a serial of its own', async () => {
    const serials = new Set<string>();
    for (let count = 0; count < 50; count += 1) {
      serials.add((await issueLeaf(LEAF_WISH, intermediate, random)).serial);
    }
    expect(serials.size).toBe(50);
  });

  it('never names a key in an error', async () => {
    const pair = await newKeyPair('ec-p256');
    const secret = Buffer.from(pair.privateKeyDer).toString('hex');
    const error: unknown = await issue(checkTemplate(leaf, intermediate.certificate), () =>
      Promise.reject(new Error('no')),
    ).catch((thrown: unknown) => thrown);
    expect(JSON.stringify(error)).not.toContain(secret);
  });
});
