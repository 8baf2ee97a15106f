import { execFileSync } from 'node:child_process';
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createPeerTrust } from '../../../src/app/peer-trust.ts';
import { caOptions } from '../../../src/ca/options.ts';
import {
  createIssuer,
  type IssuerEvent,
  readCacerts,
  type SallyportIssuer,
  type UpstreamAuthority,
} from '../../../src/issuer/index.ts';
import { openState } from '../../../src/store/index.ts';
import { readCertificate, verifySvid, writePem } from '../../../src/x509/index.ts';
import { type CacertsMaker, cacertsMaker } from '../../fakes/cacerts.ts';
import { type FakeClock, fakeClock } from '../../fakes/clock.ts';
import { seededRandom } from '../../fakes/random.ts';
import { codeOf, newFolder, requestFor, TRUST_DOMAIN } from './on-folder.ts';

let ca: CacertsMaker;

beforeAll(() => {
  ca = cacertsMaker();
  ca.root('old');
  ca.root('new');
  ca.under('old', 'first');
  ca.under('old', 'second');
  ca.under('new', 'third');
  ca.under('old', 'policy', { pathLength: 1 });
  ca.under('policy', 'issuing');
});

interface Bed {
  readonly issuer: SallyportIssuer;
  readonly events: readonly IssuerEvent[];
  readonly clock: FakeClock;
  readonly cacerts: string;
  readonly state: string;
  /** Says that files have changed, and waits until that was looked at. */
  changed(): Promise<void>;
  close(): void;
}

interface BedWish {
  readonly state?: string;
  readonly siblings?: readonly string[];
  readonly nowMillis?: number;
}

async function open(
  cacerts: string,
  { state = newFolder(), siblings = [], nowMillis = Date.now() }: BedWish = {},
): Promise<Bed> {
  const clock = fakeClock(nowMillis);
  const events: IssuerEvent[] = [];
  const listeners = new Set<() => void>();
  const upstream: UpstreamAuthority = {
    name: 'cacerts',
    load: () => readCacerts(cacerts, siblings),
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  const opened = openState(state);
  let isOpen = true;
  let issuer: SallyportIssuer | undefined;
  const close = (): void => {
    if (isOpen) {
      isOpen = false;
      issuer?.stop();
      opened.close();
    }
  };
  onTestFinished(close);
  issuer = await createIssuer({
    state: opened,
    trustDomain: TRUST_DOMAIN,
    options: caOptions.parse({}),
    upstream,
    clock,
    random: seededRandom(clock.nowMillis()),
    events: (event) => events.push(event),
  }).catch((error: unknown) => {
    close();
    throw error;
  });
  const about = (): number =>
    events.filter(({ event }) => event === 'issuer.upstreamTaken' || event === 'issuer.upstreamRefused')
      .length;
  return {
    issuer,
    events,
    clock,
    cacerts,
    state,
    close,
    async changed() {
      const before = about();
      for (const listener of listeners) {
        listener();
      }
      await expect.poll(about).toBe(before + 1);
      await clock.advance(2000);
    },
  };
}

function folderOf(signer: string, above: readonly string[] = [], roots: readonly string[] = ['old']): string {
  const folder = newFolder();
  ca.write(folder, signer, above, roots);
  return folder;
}

async function chainOf({ issuer }: Bed, path = '/a'): Promise<readonly Uint8Array[]> {
  return (await issuer.x509Svid(requestFor(path))).certificates;
}

function named(certificates: readonly Uint8Array[]): readonly string[] {
  const names = ['old', 'new', 'first', 'second', 'third', 'policy', 'issuing'];
  return certificates.map(
    (der) => names.find((name) => ca.pem(name).trim() === writePem('CERTIFICATE', [der]).trim()) ?? 'leaf',
  );
}

describe('a CA in the layout of cacerts', () => {
  it('signs, hands out the chain without its root, and is verified by OpenSSL', async () => {
    const bed = await open(folderOf('issuing', ['policy']));
    const chain = await chainOf(bed);
    expect(named(chain)).toEqual(['leaf', 'issuing', 'policy']);
    expect(named(bed.issuer.bundle().x509Authorities)).toEqual(['old']);
    const folder = newFolder();
    ca.write(folder, 'issuing', ['policy'], ['old']);
    const leaf = join(folder, 'leaf.pem');
    const between = join(folder, 'between.pem');
    writeFileSync(leaf, writePem('CERTIFICATE', chain.slice(0, 1)));
    writeFileSync(between, writePem('CERTIFICATE', chain.slice(1)));
    const said = execFileSync('openssl', [
      'verify',
      '-x509_strict',
      '-CAfile',
      join(folder, 'root-cert.pem'),
      '-untrusted',
      between,
      leaf,
    ]).toString();
    expect(said).toContain('OK');
  });

  it('may be an RSA key, or the root itself', async () => {
    ca.under('old', 'rsa', { rsa: true });
    const byRsa = await open(folderOf('rsa'));
    expect(await chainOf(byRsa)).toHaveLength(2);
    const byRoot = await open(folderOf('old'));
    expect(named(await chainOf(byRoot))).toEqual(['leaf']);
    expect(byRoot.issuer.authority.show().map(({ kind, status }) => `${kind} ${status}`)).toEqual([
      'root active',
    ]);
  });

  it('is replaced by another one under the same root while it runs, and what the first signed is believed on', async () => {
    const bed = await open(folderOf('first'));
    const before = await chainOf(bed);
    ca.write(bed.cacerts, 'second', [], ['old']);
    await bed.changed();
    expect(named(await chainOf(bed, '/b'))).toEqual(['leaf', 'second']);
    expect(named(await chainOf(bed))).toEqual(['leaf', 'first']);
    const leaf = readCertificate(before[0] ?? new Uint8Array());
    const now = bed.clock.nowMillis() / 1000;
    expect(createPeerTrust(bed.issuer).isTrusted(leaf, now)).toBe(true);
    bed.close();
    const again = await open(bed.cacerts, { state: bed.state });
    expect(createPeerTrust(again.issuer).isTrusted(leaf, now)).toBe(true);
  });

  it('may change its root in three steps; then everything under the old one is issued again', async () => {
    const bed = await open(folderOf('first'));
    const renewed: string[] = [];
    const stop = bed.issuer.keep(requestFor('/a'), ({ certificates }) =>
      renewed.push(named(certificates).join()),
    );
    await bed.issuer.x509Svid(requestFor('/a'));
    ca.write(bed.cacerts, 'first', [], ['old', 'new']);
    await bed.changed();
    expect(named(bed.issuer.bundle().x509Authorities)).toEqual(['old', 'new']);
    expect(renewed.slice(1)).toEqual([]);
    ca.write(bed.cacerts, 'third', [], ['old', 'new']);
    await bed.changed();
    await expect.poll(() => renewed.at(-1)).toBe('leaf,third');
    ca.write(bed.cacerts, 'third', [], ['new']);
    await bed.changed();
    stop();
    expect(named(bed.issuer.bundle().x509Authorities)).toEqual(['new']);
    expect(bed.events.filter(({ event }) => event === 'issuer.upstreamRefused')).toEqual([]);
  });

  it('never swaps its root at once', async () => {
    const bed = await open(folderOf('first'));
    ca.write(bed.cacerts, 'third', [], ['new']);
    await bed.changed();
    const [refused] = bed.events.filter(({ event }) => event === 'issuer.upstreamRefused');
    expect(refused?.error).toMatchObject({ code: 'ERR_ISSUER_UPSTREAM' });
    expect(named(await chainOf(bed, '/b'))).toEqual(['leaf', 'first']);
    expect(named(bed.issuer.bundle().x509Authorities)).toEqual(['old']);
  });

  it('is not rotated by hand, because the key of its root is elsewhere', async () => {
    const { authority } = (await open(folderOf('first'))).issuer;
    expect(await codeOf(() => authority.prepare('root'))).toBe('ERR_ISSUER_AUTHORITY');
    expect(await codeOf(() => authority.activate('intermediate'))).toBe('ERR_ISSUER_AUTHORITY');
    expect(await codeOf(() => authority.taint('ab'))).toBe('ERR_ISSUER_AUTHORITY');
    expect(authority.show().map(({ kind, status }) => `${kind} ${status}`)).toEqual([
      'root active',
      'intermediate active',
    ]);
  });

  it('warns once before it ends, and signs nothing past that', async () => {
    ca.under('old', 'short', { days: 1 });
    const bed = await open(folderOf('short'));
    await bed.clock.advance(19 * 3600 * 1000);
    expect(bed.events.filter(({ event }) => event === 'issuer.upstreamEnding')).toHaveLength(1);
    await bed.clock.advance(6 * 3600 * 1000);
    expect(await codeOf(() => chainOf(bed, '/late'))).toBe('ERR_CA_EXPIRED');
  });
});

describe('Sallyports under one root', () => {
  it('verify each other, and believe bare leaves of those they know as siblings', async () => {
    const one = await open(folderOf('first'));
    const other = await open(folderOf('second'));
    const chain = await chainOf(other);
    const now = one.clock.nowMillis() / 1000;
    expect(verifySvid(chain, one.issuer.bundle(), now).spiffeId.path).toBe('/a');
    const leaf = readCertificate(chain[0] ?? new Uint8Array());
    expect(createPeerTrust(one.issuer).isTrusted(leaf, now)).toBe(false);
    const sibling = join(other.cacerts, 'ca-cert.pem');
    const knowing = await open(folderOf('first'), { siblings: [sibling] });
    expect(createPeerTrust(knowing.issuer).isTrusted(leaf, now)).toBe(true);
  });
});

describe('a folder that cannot be used', () => {
  const broken: readonly (readonly [string, (folder: string) => void])[] = [
    ['a file is missing', (folder) => rmSync(join(folder, 'root-cert.pem'))],
    ['its key is missing', (folder) => rmSync(join(folder, 'ca-key.pem'))],
    [
      'its key is that of another CA',
      (folder) => writeFileSync(join(folder, 'ca-key.pem'), ca.keyPem('second')),
    ],
    ['its key is none', (folder) => writeFileSync(join(folder, 'ca-key.pem'), 'none')],
    [
      'two certificates stand where one must',
      (folder) => writeFileSync(join(folder, 'ca-cert.pem'), ca.pem('first') + ca.pem('second')),
    ],
    ['its root is another one', (folder) => writeFileSync(join(folder, 'root-cert.pem'), ca.pem('new'))],
    ['a root is no certificate', (folder) => writeFileSync(join(folder, 'root-cert.pem'), 'none')],
  ];

  it.each(broken)('%s: it does not start, and in a change it is not taken up', async (_, damage) => {
    const folder = folderOf('first');
    damage(folder);
    expect(await codeOf(() => open(folder))).toBe('ERR_ISSUER_UPSTREAM');
    const bed = await open(folderOf('first'));
    damage(bed.cacerts);
    await bed.changed();
    const [refused] = bed.events.filter(({ event }) => event === 'issuer.upstreamRefused');
    expect(refused?.error).toMatchObject({ code: 'ERR_ISSUER_UPSTREAM' });
    expect(JSON.stringify(refused)).not.toContain('PRIVATE KEY');
    expect(named(await chainOf(bed, '/b'))).toEqual(['leaf', 'first']);
  });

  it('others can read the key', async () => {
    const folder = folderOf('first');
    chmodSync(join(folder, 'ca-key.pem'), 0o640);
    expect(await codeOf(() => open(folder))).toBe('ERR_STATE_KEY_OPEN');
  });

  it('the certificate is no CA, of another trust domain, or has name constraints that we cannot judge', async () => {
    ca.under('old', 'leaf', { isCa: false });
    ca.under('old', 'foreign', { altName: 'URI:spiffe://other.org' });
    ca.under('old', 'narrow', { extensions: ['nameConstraints=critical,permitted;URI:.example.org'] });
    for (const name of ['leaf', 'foreign', 'narrow']) {
      expect([name, await codeOf(() => open(folderOf(name)))]).toEqual([name, 'ERR_ISSUER_UPSTREAM']);
    }
  });

  it('the CA is past its end', async () => {
    ca.under('old', 'past', { days: 1 });
    const nowMillis = Date.now() + 2 * 24 * 3600 * 1000;
    expect(await codeOf(() => open(folderOf('past'), { nowMillis }))).toBe('ERR_ISSUER_UPSTREAM');
  });

  it('the CA above allows no CA below', async () => {
    ca.under('first', 'deep');
    expect(await codeOf(() => open(folderOf('deep', ['first'])))).toBe('ERR_ISSUER_UPSTREAM');
  });
});
