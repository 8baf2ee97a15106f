import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { errorCodeOf } from '../../../src/base/index.ts';
import {
  CA_KEY_TYPES,
  createIntermediate,
  createRoot,
  issueCrl,
  issueLeaf,
  type SigningAuthority,
} from '../../../src/ca/index.ts';
import { readCrl, writePem } from '../../../src/x509/index.ts';
import { intermediate, LEAF_WISH, NOW, random, root, WISH } from './ca-parts.ts';

const CRL = { thisUpdateSeconds: NOW - 10, nextUpdateSeconds: NOW + 86_400, number: '1' };

function openssl(files: Readonly<Record<string, string>>, ...args: readonly string[]): string {
  const cwd = mkdtempSync(join(tmpdir(), 'sp-crl-'));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(cwd, name), text);
  }
  try {
    return execFileSync('openssl', args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout: string; readonly stderr: string };
    return `failed: ${stdout}${stderr}`;
  }
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(() => 'signed', errorCodeOf);
}

describe('issueCrl', () => {
  it('writes what it was asked for, with entries and without', async () => {
    const revoked = [
      { serial: 'ff00000000000000000000000000000001', revokedAtSeconds: NOW - 5 },
      { serial: '1', revokedAtSeconds: NOW },
    ];
    const list = await issueCrl({ ...CRL, number: 'ab54a98ceb1f0ad2', revoked }, intermediate);
    expect(readCrl(list.der)).toMatchObject({ ...CRL, number: 'ab54a98ceb1f0ad2', revoked });
    expect((await issueCrl({ ...CRL, revoked: [] }, intermediate)).revoked).toEqual([]);
  });

  it.each(CA_KEY_TYPES)('is verified by OpenSSL for a CA with a key %s', async (keyType) => {
    const ca = await createIntermediate({ ...WISH, keyType }, root, random);
    const revoked = [{ serial: '80', revokedAtSeconds: NOW }];
    const { der } = await issueCrl({ ...CRL, revoked }, ca);
    const said = openssl(
      { 'list.pem': writePem('X509 CRL', [der]), 'ca.pem': writePem('CERTIFICATE', [ca.certificate.der]) },
      ...['crl', '-in', 'list.pem', '-CAfile', 'ca.pem', '-noout', '-text', '-verify'],
    );
    expect(said).not.toContain('failed');
    expect(said).toMatch(/Version 2/);
    expect(said).toMatch(/Serial Number: 80/);
    expect(said).toMatch(/X509v3 CRL Number/);
    expect(said).toMatch(/X509v3 Authority Key Identifier/);
  });

  it('makes OpenSSL refuse the revoked leaf and accept the other, with lists of leaves or of the whole chain', async () => {
    const [good, bad] = await Promise.all([1, 2].map(() => issueLeaf(LEAF_WISH, intermediate, random)));
    const revoked = [{ serial: bad?.serial ?? '', revokedAtSeconds: NOW }];
    const ofLeaves = await issueCrl({ ...CRL, revoked }, intermediate);
    const ofCas = await issueCrl({ ...CRL, revoked: [] }, root);
    const pem = (der: Uint8Array | undefined) => writePem('CERTIFICATE', [der ?? new Uint8Array()]);
    const files = {
      'root.pem': pem(root.certificate.der),
      'ca.pem': pem(intermediate.certificate.der),
      'good.pem': pem(good?.der),
      'bad.pem': pem(bad?.der),
      'lists.pem': writePem('X509 CRL', [ofLeaves.der, ofCas.der]),
    };
    const verify = (check: string, leaf: string, at = NOW) =>
      openssl(
        files,
        ...['verify', '-x509_strict', '-attime', String(at), check, '-CRLfile', 'lists.pem'],
        ...['-CAfile', 'root.pem', '-untrusted', 'ca.pem', leaf],
      );
    for (const check of ['-crl_check', '-crl_check_all']) {
      expect(verify(check, 'good.pem')).toContain('OK');
      expect(verify(check, 'bad.pem')).toContain('certificate revoked');
    }
  });

  it('signs none for a CA that may not, for dates that are no span, and when the key does not sign', async () => {
    const leaf = await issueLeaf(LEAF_WISH, intermediate, random);
    const notACa: SigningAuthority = { certificate: leaf, sign: intermediate.sign };
    expect(await codeOf(issueCrl({ ...CRL, revoked: [] }, notACa))).toBe('ERR_CA_TEMPLATE');
    const noSpan = { ...CRL, nextUpdateSeconds: CRL.thisUpdateSeconds, revoked: [] };
    expect(await codeOf(issueCrl(noSpan, intermediate))).toBe('ERR_CA_TEMPLATE');
    const other = await createRoot(WISH, random);
    const wrongKey = { ...intermediate, sign: other.sign };
    expect(await codeOf(issueCrl({ ...CRL, revoked: [] }, wrongKey))).toBe('ERR_CA_ISSUE');
    const noKey = { ...intermediate, sign: async () => Promise.reject(new Error('the token is away')) };
    expect(await codeOf(issueCrl({ ...CRL, revoked: [] }, noKey))).toBe('ERR_CA_ISSUE');
  });

  it('does not let out a list with a serial that is not what it was asked for', async () => {
    const padded = [{ serial: '00ff', revokedAtSeconds: NOW }];
    expect(await codeOf(issueCrl({ ...CRL, revoked: padded }, intermediate))).toBe('ERR_CA_ISSUE');
  });
});

describe('readCrl', () => {
  it('refuses what is cut off, changed in its form, or no list', async () => {
    const { der } = await issueCrl({ ...CRL, revoked: [] }, intermediate);
    const refused = (bytes: Uint8Array) => {
      try {
        readCrl(bytes);
        return 'read';
      } catch (error) {
        return errorCodeOf(error);
      }
    };
    expect(refused(der)).toBe('read');
    expect(refused(der.subarray(0, der.length - 1))).toBe('ERR_X509_DER');
    expect(refused(Buffer.concat([der, Buffer.alloc(1)]))).toBe('ERR_X509_DER');
    expect(refused(root.certificate.der)).toBe('ERR_X509_DER');
    const first = Uint8Array.from(der);
    const at = Buffer.from(first).indexOf(Buffer.from([0x02, 0x01, 0x01]));
    first[at + 2] = 0;
    expect(refused(first)).toBe('ERR_X509_DER');
  });
});
