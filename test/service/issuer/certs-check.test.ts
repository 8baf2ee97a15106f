import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { afterAll, describe, expect, it } from 'vitest';
import { systemClock, systemRandom } from '../../../src/base/index.ts';
import { createForeignCa, type ForeignSvid } from '../../../src/ca/index.ts';
import { parseSpiffeId, parseTrustDomain } from '../../../src/identity/index.ts';
import { writePem } from '../../../src/x509/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'sp-certs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs `certs/check.sh`; not synchronously, since a server it asks may live in this process. */
function check(
  bundle: string,
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly said: string }> {
  return new Promise((resolve) => {
    const child = spawn('certs/check.sh', args, { env: { ...process.env, BUNDLE: bundle } });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    child.on('close', (code) => resolve({ code: code ?? -1, said }));
  });
}

async function newCa(
  name: string,
): Promise<{ readonly bundle: string; readonly svid: ForeignSvid; readonly chain: string }> {
  const trustDomain = parseTrustDomain('example.org');
  const ca = await createForeignCa(trustDomain, systemClock.nowMillis() / 1000, systemRandom);
  const svid = await ca.svid(parseSpiffeId('spiffe://example.org/ns/shop/sa/orders'));
  const bundle = join(folder, `${name}.bundle.pem`);
  const chain = join(folder, `${name}.chain.pem`);
  writeFileSync(bundle, writePem('CERTIFICATE', ca.bundle.x509Authorities));
  writeFileSync(chain, writePem('CERTIFICATE', svid.certificates));
  return { bundle, svid, chain };
}

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
if (!hasOpenssl) {
  console.log('certs/check.sh is not tried, because `openssl` is not on this machine');
}

describe.runIf(hasOpenssl)('certs/check.sh', () => {
  it('is content with a bundle, a chain in a file, and what a server presents', async () => {
    const { bundle, svid, chain } = await newCa('ours');
    const server = createServer({
      cert: writePem('CERTIFICATE', svid.certificates),
      key: writePem('PRIVATE KEY', [svid.privateKey]),
      ca: writePem('CERTIFICATE', svid.certificates),
      requestCert: true,
      rejectUnauthorized: true,
    });
    server.on('tlsClientError', () => {});
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { code, said } = await check(bundle, chain, address);
    server.close();
    expect(said).not.toContain('WRONG');
    expect(said.split('\n').filter((line) => line.startsWith('  ok')).length).toBe(7 + 11 + 11);
    expect(said).toContain('URI:spiffe://example.org/ns/shop/sa/orders');
    expect(code).toBe(0);
  });

  it('finds a chain of another CA, a CA in place of a leaf, a key in the bundle, and nothing at all', async () => {
    const ours = await newCa('ours');
    const foreign = await newCa('foreign');
    const wrong = async (bundle: string, ...args: readonly string[]): Promise<readonly string[]> => {
      const { code, said } = await check(bundle, ...args);
      expect(code).toBe(1);
      return said.split('\n').filter((line) => line.includes('WRONG'));
    };
    expect((await wrong(ours.bundle, foreign.chain)).length).toBe(2);
    expect((await wrong(ours.bundle, ours.bundle)).join()).toContain('is no CA');
    expect((await wrong(ours.bundle, '127.0.0.1:1')).join()).toContain('presents a certificate there');
    expect((await wrong(ours.bundle, 'nowhere.pem')).join()).toContain('is a file, or HOST:PORT');
    const empty = join(folder, 'empty.pem');
    writeFileSync(empty, '');
    expect((await wrong(ours.bundle, empty)).join()).toContain('holds a certificate');
    const withKey = join(folder, 'key.pem');
    writeFileSync(withKey, writePem('PRIVATE KEY', [ours.svid.privateKey]));
    expect((await wrong(withKey)).join()).toContain('holds no key');
    expect(await wrong(join(folder, 'missing.pem'))).toEqual([]);
  });
});
