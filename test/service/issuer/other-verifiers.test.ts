import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCsr, readPem } from '../../../src/x509/index.ts';
import { type ChainKind, makeChainKinds } from './chain-kinds.ts';

/** Five types of CA key, each for four kinds of leaf; four layouts of `cacerts`; a foreign CA. */
const KINDS = 5 * 4 + 4 + 1;

const folder = mkdtempSync(join(tmpdir(), 'sp-verify-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let kinds: readonly ChainKind[] = [];
let foreignRoots = '';

beforeAll(async () => {
  kinds = await makeChainKinds(folder);
  foreignRoots = kinds.find(({ name }) => name === 'foreign')?.roots ?? '';
}, 120_000);

function runTool(command: string, args: readonly string[]): { readonly ok: boolean; readonly said: string } {
  const result = spawnSync(command, args, { encoding: 'utf8', timeout: 120_000 });
  return { ok: result.status === 0, said: `${result.stdout}${result.stderr}` };
}

/** Whether the tool is there; when it is not, a line says what was left out. */
function has(command: string): boolean {
  const found = runTool(command, ['version']).ok;
  if (!found) {
    console.log(`issuer: \`${command}\` is not on this machine, its verdict on our chains is left out`);
  }
  return found;
}

describe.runIf(has('openssl'))('OpenSSL', () => {
  const verify = (
    roots: string,
    kind: ChainKind,
    purpose: string,
  ): { readonly ok: boolean; readonly said: string } =>
    runTool('openssl', [
      ...['verify', '-x509_strict', '-check_ss_sig', '-purpose', purpose],
      ...['-CAfile', roots],
      ...(kind.intermediates === undefined ? [] : ['-untrusted', kind.intermediates]),
      kind.chain,
    ]);

  it('accepts every kind of chain for both purposes, strictly', () => {
    expect(kinds.length).toBe(KINDS);
    for (const kind of kinds) {
      for (const purpose of ['sslserver', 'sslclient']) {
        const { ok, said } = verify(kind.roots, kind, purpose);
        expect(ok, `${kind.name} ${purpose}: ${said}`).toBe(true);
      }
    }
  });

  it('refuses a chain of a foreign CA', () => {
    for (const kind of kinds.filter(({ name }) => name !== 'foreign')) {
      expect(verify(foreignRoots, kind, 'sslserver').ok).toBe(false);
    }
  });

  it('finds the key to be that of the certificate', () => {
    for (const { chain, key = '' } of kinds.filter((kind) => kind.key !== undefined)) {
      const fromKey = runTool('openssl', ['pkey', '-in', key, '-pubout']);
      const fromCertificate = runTool('openssl', ['x509', '-in', chain, '-noout', '-pubkey']);
      expect(fromKey).toEqual(fromCertificate);
      expect(fromKey.said).toContain('BEGIN PUBLIC KEY');
    }
  });

  it('makes CSRs that the reader of `mint` understands', () => {
    const [key, csr] = [join(folder, 'csr.key'), join(folder, 'csr.pem')];
    for (const newKey of [['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'], ['rsa:2048']]) {
      const made = runTool('openssl', [
        ...['req', '-new', '-newkey', ...newKey, '-nodes', '-keyout', key, '-out', csr],
        ...['-subj', '/O=a', '-addext', 'subjectAltName=URI:spiffe://example.org/a'],
      ]);
      expect(made.ok, made.said).toBe(true);
      const pem = runTool('openssl', ['req', '-in', csr]).said;
      const [der = new Uint8Array()] = readPem(pem, 'CERTIFICATE REQUEST');
      expect(readCsr(der).extensions.alternativeNames.uris).toEqual(['spiffe://example.org/a']);
    }
  });
});

describe.runIf(has('go'))('Go', () => {
  it('accepts every kind of chain for both purposes, and refuses a foreign one', () => {
    const tool = join(folder, 'verify-chain');
    const source = join(import.meta.dirname, 'verify-chain.go');
    const built = runTool('go', ['build', '-o', tool, source]);
    expect(built.ok, built.said).toBe(true);
    for (const kind of kinds) {
      expect(runTool(tool, [kind.roots, kind.chain])).toEqual({
        ok: true,
        said: 'spiffe://example.org/ns/web/sa/frontend\n',
      });
      if (kind.name !== 'foreign') {
        expect(runTool(tool, [foreignRoots, kind.chain]).ok).toBe(false);
      }
    }
  }, 120_000);
});
