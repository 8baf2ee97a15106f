import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { callAdmin } from '../../../src/admin/index.ts';
import { adminSocketPath, mintX509, type RunningSallyport, startSallyport } from '../../../src/app/index.ts';
import { errorCodeOf, systemClock, systemRandom } from '../../../src/base/index.ts';
import { parseSpiffeId } from '../../../src/identity/index.ts';
import type { AuthorityView, IssuedCertificate } from '../../../src/issuer/index.ts';
import type { DiscoveryRequest, DiscoveryResponse } from '../../../src/proto/index.ts';
import { readCertificate, readPem, verifySvid } from '../../../src/x509/index.ts';
import { pemOf, type SecretsCall, sdsClient } from '../sds/bed.ts';

const WEB = 'spiffe://example.org/ns/web/sa/frontend';

interface Bed {
  readonly folder: string;
  readonly settingsPath: string;
  readonly socket: string;
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  start(): Promise<RunningSallyport>;
  ask<T>(operation: string, input?: unknown): Promise<T>;
}

/** A Sallyport with one entry in a file, for whoever comes to the socket `web`. */
function makeBed(stateDir = 'state'): Bed {
  const folder = mkdtempSync(join(tmpdir(), 'sp-admin-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const settingsPath = join(folder, 'sallyport.yaml');
  const agents = `  agents: [{ name: web, address: "unix:${join(folder, 'web.sock')}" }]`;
  const listeners = `listeners:\n${agents}\n  admin: { address: "127.0.0.1:0" }`;
  writeFileSync(
    settingsPath,
    `trustDomain: example.org\nstateDir: ./${stateDir}\n${listeners}\nallowNoPolicies: true\nentries: [./entries]\n`,
  );
  mkdirSync(join(folder, 'entries'));
  writeFileSync(join(folder, 'entries', 'web.yaml'), entryText('web', WEB));
  const lines: Readonly<Record<string, unknown>>[] = [];
  const socket = adminSocketPath(join(folder, stateDir));
  return {
    folder,
    settingsPath,
    socket,
    lines,
    async start() {
      const output = { write: (line: string) => void lines.push(JSON.parse(line)) };
      const running = await startSallyport({
        settingsPath,
        clock: systemClock,
        random: systemRandom,
        output,
      });
      onTestFinished(() => running.stop());
      return running;
    },
    ask: async <T>(operation: string, input: unknown = null) =>
      (await callAdmin(socket, operation, input)) as T,
  };
}

function entryText(name: string, spiffeId: string, extra = ''): string {
  const spec = `{ spiffeID: "${spiffeId}", selectors: ["sallyport:socket:web"]${extra} }`;
  return `apiVersion: spire.spiffe.io/v1alpha1\nkind: ClusterStaticEntry\nmetadata: { name: ${name} }\nspec: ${spec}\n`;
}

type Call = SecretsCall<DiscoveryRequest, DiscoveryResponse>;

/** A stream as Envoy's, which acknowledges nothing on its own. */
function openStream({ folder }: Bed, names: readonly string[]): Call {
  const call = sdsClient(`unix:${join(folder, 'web.sock')}`).stream();
  call.send({ resource_names: [...names] });
  return call;
}

function acknowledge(call: Call, names: readonly string[], response: DiscoveryResponse): void {
  call.send({
    resource_names: [...names],
    version_info: response.version_info,
    response_nonce: response.nonce,
  });
}

function leafOf(response: DiscoveryResponse): { serial: string; chain: readonly Uint8Array[] } {
  const chain = readPem(pemOf(response).chain, 'CERTIFICATE');
  const [leaf] = chain;
  return { serial: leaf === undefined ? '' : readCertificate(leaf).serial, chain };
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'done';
  } catch (error) {
    return errorCodeOf(error);
  }
}

interface Listed {
  readonly certificates: readonly IssuedCertificate[];
  readonly stopped: readonly string[];
}

describe('the admin socket', () => {
  it('is for our own user alone, goes with its Sallyport, and says when there is none', async () => {
    const bed = makeBed();
    expect(await codeOf(bed.ask('authority.show'))).toBe('ERR_ADMIN_UNREACHABLE');
    const running = await bed.start();
    expect(statSync(bed.socket).mode & 0o777).toBe(0o600);
    expect(await bed.ask<readonly AuthorityView[]>('authority.show')).toHaveLength(2);
    await running.stop();
    expect(await codeOf(bed.ask('authority.show'))).toBe('ERR_ADMIN_UNREACHABLE');
    expect(readdirSync(join(bed.folder, 'state'))).not.toContain('admin.sock');
  });

  it('refuses what it does not know, other methods and what is too large', async () => {
    const bed = makeBed();
    await bed.start();
    expect(await codeOf(bed.ask('no.such'))).toBe('ERR_ADMIN_REQUEST');
    expect(await codeOf(bed.ask('certs.show', { serial: 7 }))).toBe('ERR_ADMIN_REQUEST');
    expect(await codeOf(bed.ask('certs.show', { serial: 'x'.repeat(2 ** 20) }))).toBe('ERR_ADMIN_REQUEST');
    const status = await new Promise((resolve, reject) => {
      request({ socketPath: bed.socket, path: '/authority.show' }, (response) => resolve(response.statusCode))
        .on('error', reject)
        .end();
    });
    expect(status).toBe(400);
  });

  it('costs the commands, not the service, where no socket can be', async () => {
    const bed = makeBed(`s${'x'.repeat(110)}`);
    await bed.start();
    expect(bed.lines.map(({ event }) => event)).toEqual(
      expect.arrayContaining(['admin.not_open', 'app.ready']),
    );
  });
});

describe('certificates', () => {
  it('are in the inventory, and a revoked one is replaced at its holder at once', async () => {
    const bed = makeBed();
    await bed.start();
    const stream = openStream(bed, ['default']);
    const first = leafOf(await stream.next());
    const { certificates } = await bed.ask<Listed>('certs.list', { spiffeId: WEB });
    expect(certificates.map(({ serial, spiffeId }) => [serial, spiffeId])).toEqual([[first.serial, WEB]]);
    const [uid, gid] = [process.geteuid?.(), process.getegid?.()];
    expect(certificates[0]?.caller).toBe(`web pid=${process.pid} uid=${uid} gid=${gid}`);
    const colons = (first.serial.match(/.{1,2}/g) ?? []).join(':').toUpperCase();
    await bed.ask('certs.revoke', { serial: first.serial.length % 2 === 0 ? colons : first.serial });
    const second = leafOf(await stream.next());
    expect(second.serial).not.toBe(first.serial);
    const shown = await bed.ask<IssuedCertificate>('certs.show', { serial: first.serial });
    expect(shown.revokedAtSeconds).toBeTypeOf('number');
    expect(await codeOf(bed.ask('certs.revoke', { serial: 'abcd' }))).toBe('ERR_ISSUER_SERIAL');
  });

  it('are not issued to a stopped identity until it is allowed, also after a restart', async () => {
    const bed = makeBed();
    const before = await bed.start();
    const first = leafOf(await openStream(bed, ['default']).next());
    const revoked = await bed.ask<readonly IssuedCertificate[]>('certs.stop', { spiffeId: WEB });
    expect(revoked.map(({ serial }) => serial)).toEqual([first.serial]);
    await before.stop();
    await bed.start();
    const late = openStream(bed, ['default']);
    expect((await bed.ask<Listed>('certs.list', {})).stopped).toEqual([WEB]);
    expect((await bed.ask<Listed>('certs.list', {})).certificates.map(({ serial }) => serial)).toEqual([
      first.serial,
    ]);
    const mint = { settingsPath: bed.settingsPath, clock: systemClock, random: systemRandom };
    const wish = { spiffeId: parseSpiffeId(WEB), dnsNames: [], ttlSeconds: 60 };
    expect(await codeOf(mintX509({ ...mint, request: wish }))).toBe('ERR_ISSUER_STOPPED');
    expect(late.seen).toEqual([]);
    expect(await bed.ask('certs.allow', { spiffeId: WEB })).toBe(true);
    const { serial } = leafOf(await late.next());
    expect(serial).not.toBe(first.serial);
    const minted = await mintX509({ ...mint, request: wish });
    expect(minted.x509.serial).not.toBe(serial);
    expect(minted.x509.privateKey).toBeInstanceOf(Uint8Array);
    const shown = await bed.ask<IssuedCertificate>('certs.show', { serial: minted.x509.serial });
    expect(shown.caller).toBe('mint');
  });
});

describe('entries of the store', () => {
  it('reach an open stream in under 100 ms, outlive a restart, and are withdrawn when deleted', async () => {
    const bed = makeBed();
    const before = await bed.start();
    const id = 'spiffe://example.org/ns/web/sa/second';
    const stream = openStream(bed, [id]);
    const started = performance.now();
    await bed.ask('entry.create', { text: entryText('second', id) });
    expect(leafOf(await stream.next()).serial).not.toBe('');
    expect(performance.now() - started).toBeLessThan(100);
    await before.stop();
    await bed.start();
    const again = openStream(bed, [id]);
    const { serial, chain } = leafOf(await again.next());
    expect(chain).toHaveLength(2);
    await bed.ask('entry.update', { text: entryText('second', id, ', dnsNames: [second.example]') });
    expect(leafOf(await again.next()).serial).not.toBe(serial);
    await bed.ask('entry.delete', { name: 'second' });
    const left = await bed.ask<readonly { name: string; source: string }[]>('entry.list');
    expect(left.map(({ name, source }) => [name, source])).toEqual([['web', 'file']]);
  });

  it('are checked as those of files are', async () => {
    const bed = makeBed();
    await bed.start();
    const create = (text: string): Promise<string> => codeOf(bed.ask('entry.create', { text }));
    expect(await create(entryText('web', 'spiffe://example.org/x'))).toBe('ERR_ENTRY_EXISTS');
    expect(await create(entryText('other', WEB))).toBe('ERR_ENTRY_EXISTS');
    expect(await create(entryText('x', 'spiffe://elsewhere.org/x'))).toBe('ERR_INVALID_FILES');
    expect(await create(entryText('x', 'spiffe://example.org/sallyport/x'))).toBe('ERR_INVALID_FILES');
    expect(await create(entryText('x', 'spiffe://example.org/x', ', x509SVIDTTL: 20h'))).toBe(
      'ERR_INVALID_FILES',
    );
    expect(await create('')).toBe('ERR_ENTRY_UNKNOWN');
    expect(await codeOf(bed.ask('entry.update', { text: entryText('x', 'spiffe://example.org/x') }))).toBe(
      'ERR_ENTRY_UNKNOWN',
    );
    expect(await codeOf(bed.ask('entry.delete', { name: 'web' }))).toBe('ERR_ENTRY_UNKNOWN');
  });
});

describe('authorities', () => {
  it('are rotated by hand, and a root is revoked only when everybody has left it', async () => {
    const bed = makeBed();
    await bed.start();
    const stream = openStream(bed, ['default']);
    const first = await stream.next();
    acknowledge(stream, ['default'], first);
    const id = async (kind: string, status: string): Promise<string> =>
      (await bed.ask<readonly AuthorityView[]>('authority.show')).find(
        (one) => one.kind === kind && one.status === status,
      )?.id ?? '';
    const [oldRoot, oldIntermediate] = [await id('root', 'active'), await id('intermediate', 'active')];
    expect(await codeOf(bed.ask('authority.activate', { kind: 'root' }))).toBe('ERR_ISSUER_AUTHORITY');
    await bed.ask('authority.prepare', { kind: 'root' });
    expect((await bed.ask<{ x509Authorities: string[] }>('bundle.show')).x509Authorities).toHaveLength(2);
    expect(await codeOf(bed.ask('authority.taint', { id: oldRoot }))).toBe('ERR_ISSUER_AUTHORITY');
    await bed.ask('authority.activate', { kind: 'root' });
    expect(await codeOf(bed.ask('authority.revoke', { id: oldRoot }))).toBe('ERR_ISSUER_AUTHORITY');
    await bed.ask('authority.taint', { id: oldRoot });
    expect(await codeOf(bed.ask('authority.revoke', { id: oldIntermediate }))).toBe(
      'ERR_ISSUER_REVOKE_INTERMEDIATE',
    );
    const second = await stream.next();
    expect(await codeOf(bed.ask('authority.revoke', { id: oldRoot }))).toBe('ERR_ISSUER_STREAMS_BEHIND');
    acknowledge(stream, ['default'], second);
    await expect.poll(() => codeOf(bed.ask('authority.revoke', { id: oldRoot }))).toBe('done');
    const { x509Authorities } = await bed.ask<{ x509Authorities: string[] }>('bundle.show');
    expect(x509Authorities).toHaveLength(1);
    const bundle = {
      trustDomain: parseSpiffeId(WEB).trustDomain,
      x509Authorities: x509Authorities.map((text) => new Uint8Array(Buffer.from(text, 'base64'))),
      jwtAuthorities: [],
      sequence: 1,
      refreshHintSeconds: 60,
    };
    const now = Date.now() / 1000;
    expect(verifySvid(leafOf(second).chain, bundle, now).path).toHaveLength(3);
    expect(() => verifySvid(leafOf(first).chain, bundle, now)).toThrow();
  });

  it('can be revoked by force while a stream is silent', async () => {
    const bed = makeBed();
    await bed.start();
    await openStream(bed, ['default']).next();
    const [root] = await bed.ask<readonly AuthorityView[]>('authority.show');
    for (const step of ['prepare', 'activate']) {
      await bed.ask(`authority.${step}`, { kind: 'root' });
    }
    await bed.ask('authority.taint', { id: root?.id });
    expect(await codeOf(bed.ask('authority.revoke', { id: root?.id }))).toBe('ERR_ISSUER_STREAMS_BEHIND');
    expect(await codeOf(bed.ask('authority.revoke', { id: root?.id, force: true }))).toBe('done');
  });
});

describe('a backup', () => {
  it('is taken while running, starts, and says what it has forgotten', async () => {
    const bed = makeBed();
    const running = await bed.start();
    const first = leafOf(await openStream(bed, ['default']).next());
    const copy = join(bed.folder, 'copy');
    await bed.ask('state.backup', { folder: copy });
    expect(await codeOf(bed.ask('state.backup', { folder: copy }))).toBe('ERR_STATE_BACKUP');
    for (const name of readdirSync(copy)) {
      expect(statSync(join(copy, name)).mode & 0o077, name).toBe(0);
    }
    const bundle = await bed.ask('bundle.show');
    await running.stop();
    rmSync(join(bed.folder, 'state'), { recursive: true });
    renameSync(copy, join(bed.folder, 'state'));
    const restored = await bed.start();
    expect(bed.lines.filter(({ event }) => event === 'app.restored')).toHaveLength(1);
    expect(await bed.ask('bundle.show')).toEqual(bundle);
    expect((await bed.ask<IssuedCertificate>('certs.show', { serial: first.serial })).spiffeId).toBe(WEB);
    await restored.stop();
    await bed.start();
    expect(bed.lines.filter(({ event }) => event === 'app.restored')).toHaveLength(1);
  });
});
