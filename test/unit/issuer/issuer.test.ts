import { generateKeyPairSync, sign } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseSpiffeId, parseTrustDomain } from '../../../src/identity/index.ts';
import type { X509Svid } from '../../../src/issuer/index.ts';
import {
  encodeExtension,
  encodeName,
  encodeRequestInfo,
  encodeSigned,
  readCertificate,
} from '../../../src/x509/index.ts';
import { fakeClock } from '../../fakes/clock.ts';
import { chain, chainOf, codeOf, newFolder, requestFor, run, START_MILLIS } from './on-folder.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe('the first start', () => {
  it('makes a root, a JWT key and an intermediate, and the next start has the same', async () => {
    const folder = newFolder();
    const first = await run(folder);
    const [, intermediate, root] = await chain(first);
    expect(first.events.map((event) => [event.event, event.fields?.['kind']]).slice(0, 3)).toEqual([
      ['issuer.authorityActivated', 'root'],
      ['issuer.jwtKeyActivated', undefined],
      ['issuer.authorityActivated', 'intermediate'],
    ]);
    expect(first.issuer.bundle()).toMatchObject({ trustDomain: 'example.org', sequence: 1 });
    first.close();
    const second = await run(folder);
    const [leaf, ...issuers] = await chain(second);
    expect(issuers).toEqual([intermediate, root]);
    expect(leaf).toBeDefined();
    expect(second.issuer.bundle()).toEqual(first.issuer.bundle());
    expect(second.events.map((event) => event.event)).toEqual(['issuer.issued']);
  });

  it('leaves nothing that others can read', async () => {
    const folder = newFolder();
    await run(folder);
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    expect(files.length).toBeGreaterThan(4);
    for (const file of ['', ...files]) {
      expect(statSync(join(folder, file)).mode & 0o077, file).toBe(0);
    }
  });

  it('tells no key to anybody', async () => {
    const folder = newFolder();
    const running = await run(folder);
    const svid = await running.issuer.x509Svid(requestFor('/a'));
    const told = JSON.stringify(running.events);
    const keys = readdirSync(join(folder, 'keys')).map((name) =>
      readFileSync(join(folder, 'keys', name), 'utf8'),
    );
    expect(keys.length).toBe(3);
    for (const key of [
      ...keys.flatMap((pem) => pem.split('\n')[1] ?? ''),
      Buffer.from(svid.privateKey).toString('base64'),
    ]) {
      expect(key.length).toBeGreaterThan(50);
      expect(told).not.toContain(key.slice(0, 40));
    }
  });
});

describe('certificates', () => {
  it('have a key of their own, and a new one with every renewal', async () => {
    const running = await run(newFolder());
    const renewed: X509Svid[] = [];
    running.issuer.keep(requestFor('/a', 10), (svid) => renewed.push(svid));
    await running.clock.advance(60_000);
    expect(renewed.length).toBeGreaterThanOrEqual(12);
    expect(new Set(renewed.map((svid) => Buffer.from(svid.privateKey).toString('hex'))).size).toBe(
      renewed.length,
    );
    expect(new Set(renewed.map((svid) => svid.serial)).size).toBe(renewed.length);
  });

  it('of ten seconds are in force at every moment through a hundred rotations', async () => {
    const running = await run(newFolder());
    let current: X509Svid | undefined;
    running.issuer.keep(requestFor('/a', 10), (svid) => {
      current = svid;
    });
    for (let second = 0; second < 450; second += 1) {
      await running.clock.advance(1000);
      expect(chainOf(running, current?.certificates ?? [])).toHaveLength(3);
    }
  });

  it('take TTL and names from the request', async () => {
    const running = await run(newFolder(), fakeClock(START_MILLIS), { svidTtl: '30m' });
    const plain = await running.issuer.x509Svid(requestFor('/a'));
    expect(plain.notAfterSeconds).toBe(START_MILLIS / 1000 + 1800);
    const named = await running.issuer.x509Svid({ ...requestFor('/a', 60), dnsNames: ['a.example.org'] });
    expect(named.notAfterSeconds).toBe(START_MILLIS / 1000 + 60);
    const leaf = readCertificate(named.certificates[0] ?? new Uint8Array());
    expect(leaf.extensions.alternativeNames.dnsNames).toEqual(['a.example.org']);
    expect(named.serial).toBe(leaf.serial);
  });

  it('that would outlive their issuer end with it, and that is told', async () => {
    const running = await run(newFolder());
    const svid = await running.issuer.x509Svid(requestFor('/a', 48 * 3600));
    expect(svid.notAfterSeconds).toBe((START_MILLIS + DAY) / 1000);
    expect(running.events.at(-1)).toMatchObject({ level: 'warn', event: 'issuer.shortened' });
    expect(running.events.at(-1)?.fields?.['shorterBySeconds']).toBe(24 * 3600);
  });

  it.each([
    ['of another trust domain', 'spiffe://other.org/a'],
    ['without a path', 'spiffe://example.org'],
    ['under the reserved prefix', 'spiffe://example.org/sallyport/server'],
    ['that is the reserved prefix', 'spiffe://example.org/sallyport'],
  ])('are refused for an ID %s', async (_, id) => {
    const { issuer } = await run(newFolder());
    const request = { ...requestFor('/a'), spiffeId: parseSpiffeId(id) };
    expect(await codeOf(() => issuer.x509Svid(request))).toBe('ERR_ISSUER_ID');
    expect(await codeOf(() => issuer.keep(request, () => {}))).toBe('ERR_ISSUER_ID');
    expect(await codeOf(() => issuer.mintX509(request))).toBe('ERR_ISSUER_ID');
  });

  it('are issued for a prefix that only looks reserved', async () => {
    const { issuer } = await run(newFolder());
    expect(await codeOf(() => issuer.x509Svid(requestFor('/sallyports')))).toBe('accepted');
    expect(await codeOf(() => issuer.x509Svid(requestFor('/ns/sallyport')))).toBe('accepted');
  });

  it.each([0, 0.5, -1, Number.NaN, 10 * 365 * 86_400 + 1])(
    'are refused for a TTL of %d',
    async (ttlSeconds) => {
      const { issuer } = await run(newFolder());
      expect(await codeOf(() => issuer.x509Svid(requestFor('/a', ttlSeconds)))).toBe('ERR_ISSUER_TTL');
    },
  );

  it('are issued for a TTL of a second', async () => {
    const { issuer } = await run(newFolder());
    expect(await codeOf(() => issuer.x509Svid(requestFor('/a', 1)))).toBe('accepted');
  });

  it('are issued to Sallyport itself by its own door', async () => {
    const running = await run(newFolder());
    expect(running.issuer.serverId.uri).toBe('spiffe://example.org/sallyport/server');
    const svid = await running.issuer.serverSvid();
    expect(svid.spiffeId.uri).toBe(running.issuer.serverId.uri);
    expect(chainOf(running, svid.certificates)).toHaveLength(3);
    const renewed: string[] = [];
    running.issuer.keepServerSvid((next) => renewed.push(next.serial));
    await running.clock.advance(HOUR);
    expect(renewed.length).toBeGreaterThan(1);
  });
});

describe('authorities', () => {
  it('replaces an intermediate that ended while nobody ran, under the same root', async () => {
    const folder = newFolder();
    const first = await run(folder);
    const [, intermediate, root] = await chain(first);
    first.close();
    const second = await run(folder, fakeClock(START_MILLIS + 30 * DAY));
    const [, next, sameRoot] = await chain(second);
    expect(sameRoot).toBe(root);
    expect(next).not.toBe(intermediate);
  });

  it('issues again at once when the clock jumps, with a new intermediate where that ended too', async () => {
    for (const jump of [40 * 60_000, 30 * DAY, -2 * DAY]) {
      const running = await run(newFolder());
      const seen: X509Svid[] = [];
      running.issuer.keep(requestFor('/a'), (svid) => seen.push(svid));
      await running.clock.advance(5000);
      expect(seen.length).toBe(1);
      running.clock.jump(jump);
      await running.clock.advance(1500);
      expect(seen.length, String(jump)).toBe(2);
      const nowSeconds = running.clock.nowMillis() / 1000;
      for (const certificate of (seen[1]?.certificates ?? []).map(readCertificate)) {
        expect(certificate.notBeforeSeconds).toBeLessThanOrEqual(nowSeconds);
        expect(certificate.notAfterSeconds).toBeGreaterThan(nowSeconds);
      }
      expect(running.events.some((event) => event.event === 'issuer.clockJumped')).toBe(true);
      running.close();
    }
  });
});

describe('a root outside of its dates', () => {
  it('past its end: nothing starts', async () => {
    const folder = newFolder();
    (await run(folder)).close();
    const late = fakeClock(START_MILLIS + 3651 * DAY);
    expect(await codeOf(() => run(folder, late))).toBe('ERR_ISSUER_ROOT_EXPIRED');
    expect(await codeOf(() => run(folder))).toBe('accepted');
  });

  it('while running: nothing is issued, nothing is replaced, and it goes on when the clock is right', async () => {
    const running = await run(newFolder());
    const [, , root] = await chain(running);
    running.clock.jump(3651 * DAY);
    await running.clock.advance(120_000);
    expect(await codeOf(() => running.issuer.x509Svid(requestFor('/b')))).toBe('ERR_CA_EXPIRED');
    expect(running.events.some((event) => event.event === 'issuer.rotationFailed')).toBe(true);
    running.clock.jump(-3651 * DAY);
    await running.clock.advance(10_000);
    expect((await chain(running)).at(-1)).toBe(root);
  });
});

describe('a state folder', () => {
  it('of another trust domain is refused', async () => {
    const folder = newFolder();
    (await run(folder)).close();
    const other = run(folder, fakeClock(START_MILLIS), {}, parseTrustDomain('other.org'));
    expect(await codeOf(() => other)).toBe('ERR_ISSUER_OTHER_TRUST_DOMAIN');
  });

  it.each<[string, (path: string, other: string) => void, string]>([
    ['missing', (path) => rmSync(path), 'ERR_ISSUER_KEY_MISSING'],
    ['empty', (path) => writeFileSync(path, ''), 'ERR_ISSUER_KEY'],
    [
      'that of another certificate',
      (path, other) => writeFileSync(path, readFileSync(other)),
      'ERR_ISSUER_KEY',
    ],
    ['readable by the group', (path) => chmodSync(path, 0o640), 'ERR_STATE_KEY_OPEN'],
    ['readable by others', (path) => chmodSync(path, 0o604), 'ERR_STATE_KEY_OPEN'],
  ])('with a root key that is %s is refused', async (_, spoil, code) => {
    const folder = newFolder();
    const first = await run(folder);
    const { subjectKeyId } = readCertificate(
      first.issuer.bundle().x509Authorities[0] ?? new Uint8Array(),
    ).extensions;
    first.close();
    const names = readdirSync(join(folder, 'keys'));
    const other = names.find((name) => name !== `${subjectKeyId}.pem`) ?? '';
    spoil(join(folder, 'keys', `${subjectKeyId}.pem`), join(folder, 'keys', other));
    expect(await codeOf(() => run(folder))).toBe(code);
  });
});

describe('minting', () => {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const publicKeyDer = new Uint8Array(pair.publicKey.export({ format: 'der', type: 'spki' }));
  const csr = (uri: string): Uint8Array => {
    const names = encodeExtension.alternativeNames({ uris: [uri], dnsNames: ['evil.org'], critical: false });
    const info = encodeRequestInfo(encodeName([{ oid: '2.5.4.3', text: 'a' }]), publicKeyDer, [names]);
    return encodeSigned(info, 'ecdsa-with-SHA256', new Uint8Array(sign('sha256', info, pair.privateKey)));
  };

  it('makes a key unless it is given one', async () => {
    const running = await run(newFolder());
    const own = await running.issuer.mintX509(requestFor('/a', 60));
    expect(own.privateKey?.length).toBe(138);
    const given = await running.issuer.mintX509({ ...requestFor('/a', 60), publicKeyDer });
    expect(given.privateKey).toBeUndefined();
    expect(chainOf(running, given.certificates)).toHaveLength(3);
    const leaf = readCertificate(given.certificates[0] ?? new Uint8Array());
    expect(Buffer.from(leaf.publicKeyDer)).toEqual(Buffer.from(publicKeyDer));
  });

  it('takes nothing but the key from a CSR, and refuses one for another identity', async () => {
    const { issuer } = await run(newFolder());
    const request = requestFor('/a', 60);
    const minted = await issuer.mintX509({ ...request, csrDer: csr('spiffe://example.org/a') });
    const leaf = readCertificate(minted.certificates[0] ?? new Uint8Array());
    expect(leaf.subject.text).toBe('');
    expect(leaf.extensions.alternativeNames.dnsNames).toEqual([]);
    expect(await codeOf(() => issuer.mintX509({ ...request, csrDer: csr('spiffe://example.org/b') }))).toBe(
      'ERR_ISSUER_CSR',
    );
    expect(await codeOf(() => issuer.mintX509({ ...request, publicKeyDer: Uint8Array.of(0x30, 0) }))).toBe(
      'ERR_X509_KEY',
    );
  });
});
