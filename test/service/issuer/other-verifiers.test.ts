import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock, systemRandom } from '../../../src/base/index.ts';
import { CA_KEY_TYPES, createForeignCa } from '../../../src/ca/index.ts';
import { caOptions } from '../../../src/ca/options.ts';
import { parseSpiffeId, parseTrustDomain } from '../../../src/identity/index.ts';
import { createIssuer } from '../../../src/issuer/index.ts';
import { openState } from '../../../src/store/index.ts';
import { readCsr, readPem, writePem } from '../../../src/x509/index.ts';

const trustDomain = parseTrustDomain('example.org');
const folder = mkdtempSync(join(tmpdir(), 'sp-verify-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Files of one kind of chain: the trusted roots, and the leaf with its intermediates. */
interface Kind {
  readonly name: string;
  readonly roots: string;
  readonly chain: string;
  readonly intermediates: string;
  readonly key: string;
}

let foreignRoots = '';
const kinds: Kind[] = [];

beforeAll(async () => {
  for (const keyType of CA_KEY_TYPES) {
    const state = openState(join(folder, keyType));
    const issuer = await createIssuer({
      state,
      trustDomain,
      options: caOptions.parse({ keyType }),
      clock: systemClock,
      random: systemRandom,
      events: () => {},
    });
    const spiffeId = parseSpiffeId('spiffe://example.org/ns/web/sa/frontend');
    const dnsNames = ['frontend', '*.web.example.org'];
    const { certificates, privateKey } = await issuer.x509Svid({ spiffeId, dnsNames, ttlSeconds: 60 });
    keep(keyType, issuer.bundle().x509Authorities, certificates, privateKey);
    issuer.stop();
    state.close();
  }
  const foreign = await createForeignCa(trustDomain, systemClock.nowMillis() / 1000, systemRandom);
  const svid = await foreign.svid(parseSpiffeId('spiffe://example.org/ns/web/sa/frontend'));
  keep('foreign', foreign.bundle.x509Authorities, svid.certificates, svid.privateKey);
  foreignRoots = join(folder, 'foreign.roots.pem');
}, 60_000);

function keep(
  name: string,
  roots: readonly Uint8Array[],
  chain: readonly Uint8Array[],
  privateKey: Uint8Array,
): void {
  const write = (part: string, text: string): string => {
    const path = join(folder, `${name}.${part}.pem`);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  kinds.push({
    name,
    roots: write('roots', writePem('CERTIFICATE', roots)),
    chain: write('chain', writePem('CERTIFICATE', chain)),
    intermediates: write('intermediates', writePem('CERTIFICATE', chain.slice(1))),
    key: write('key', writePem('PRIVATE KEY', [privateKey])),
  });
}

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
    kind: Kind,
    purpose: string,
  ): { readonly ok: boolean; readonly said: string } =>
    runTool('openssl', [
      ...['verify', '-x509_strict', '-check_ss_sig', '-purpose', purpose],
      ...['-CAfile', roots, '-untrusted', kind.intermediates, kind.chain],
    ]);

  it('accepts every kind of chain for both purposes, strictly', () => {
    expect(kinds.length).toBe(CA_KEY_TYPES.length + 1);
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
    for (const { chain, key } of kinds) {
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
