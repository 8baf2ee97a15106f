import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, realpathSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SallyportError, systemClock } from '../../../src/base/index.ts';
import { createExecutableHashes } from '../../../src/workload/executable-hash.ts';
import { type AttestedConnection, createAttestor, createEntrySet } from '../../../src/workload/index.ts';
import { createSystemNames, type SystemNames } from '../../../src/workload/system-names.ts';
import { fakeClock } from '../../fakes/clock.ts';
import { entryFor } from '../../fakes/entries.ts';
import { eventLog } from '../../fakes/events.ts';
import { EXAMPLE_ORG } from './objects.ts';

const isLinux = process.platform === 'linux';
if (!isLinux) {
  process.stdout.write('attestation by /proc: left out, this is not Linux\n');
}

const NAMES: SystemNames = { user: async () => 'orders', group: async () => undefined };
const PLAIN = createEntrySet([entryFor('spiffe://example.org/a', ['unix:uid:7'])], EXAMPLE_ORG);
const HASHED = createEntrySet(
  [entryFor('spiffe://example.org/a', [`unix:sha256:${'0'.repeat(64)}`])],
  EXAMPLE_ORG,
);

function bed(entries = PLAIN, more: Partial<Parameters<typeof createAttestor>[0]> = {}) {
  const log = eventLog();
  let current = entries;
  const attest = createAttestor({
    clock: systemClock,
    events: log.sink,
    entries: () => current,
    names: NAMES,
    ...more,
  });
  return {
    log,
    attest,
    replace(next: typeof entries) {
      current = next;
    },
  };
}

function caller(
  about: Partial<NonNullable<AttestedConnection['process']>> = {},
  more: Partial<AttestedConnection> = {},
): AttestedConnection {
  return {
    connectionId: 'conn:1',
    listener: 'host',
    transport: 'unix',
    peerUris: [],
    process: { pid: process.pid, uid: 7, gid: 8, isAlive: () => true, ...about },
    ...more,
  };
}

describe('createAttestor', () => {
  it('adds nothing to what the connection proves when the kernel was not asked', () => {
    expect(bed().attest(caller({}, { process: undefined }))).toEqual(['sallyport:socket:host']);
  });

  it('knows user and group ids alone of another PID namespace, and says once what would help', () => {
    const { attest, log } = bed();
    for (const _ of [1, 2]) {
      expect(attest(caller({ pid: 0, isAlive: () => false }))).toEqual([
        'sallyport:socket:host',
        'unix:uid:7',
        'unix:gid:8',
      ]);
    }
    expect(log.named('workload.pid_unknown')).toHaveLength(1);
    expect(log.all[0]?.message).toContain('pid: host');
  });

  it.skipIf(!isLinux)('looks at the process, once for a connection', async () => {
    const { attest, log } = bed();
    const connection = caller();
    const selectors = await attest(connection);
    expect(selectors).toEqual([
      'sallyport:socket:host',
      'unix:uid:7',
      'unix:gid:8',
      'unix:user:orders',
      `unix:path:${realpathSync(process.execPath)}`,
    ]);
    expect(attest(connection)).toBe(selectors);
    expect(log.all).toEqual([]);
  });

  it.skipIf(!isLinux)('hashes executables from when an entry asks for it', async () => {
    const { attest, replace } = bed();
    const connection = caller();
    await attest(connection);
    replace(HASHED);
    const sha256 = createHash('sha256').update(readFileSync(process.execPath)).digest('hex');
    expect(await attest(connection)).toContain(`unix:sha256:${sha256}`);
    replace(PLAIN);
    expect(attest(connection)).toContain(`unix:sha256:${sha256}`);
  });

  it.skipIf(!isLinux)('looks again after a moment in which too many executables were hashed', async () => {
    let isBusy = true;
    let later = 0;
    const clock = fakeClock(0);
    const { attest } = bed(HASHED, {
      clock,
      onLater: () => {
        later += 1;
      },
      hashes: {
        sha256: async () => {
          if (isBusy) {
            throw new SallyportError('ERR_WORKLOAD_HASH_BUSY', 'busy');
          }
          return 'ab'.repeat(32);
        },
      },
    });
    const connection = caller();
    expect((await attest(connection)).join()).not.toContain('unix:sha256');
    isBusy = false;
    expect((await attest(connection)).join()).not.toContain('unix:sha256');
    await clock.advance(2000);
    expect(later).toBe(1);
    expect(await attest(connection)).toContain(`unix:sha256:${'ab'.repeat(32)}`);
  });

  it('refuses a caller whose process has ended by the end of the look, and looks again for the next call', async () => {
    const { attest } = bed();
    let alive = false;
    const connection = caller({ isAlive: () => alive });
    await expect(attest(connection)).rejects.toMatchObject({ code: 'ERR_WORKLOAD_CALLER_GONE' });
    alive = true;
    expect(await attest(connection)).toContain('unix:uid:7');
  });

  it('leaves out what cannot be read, and says so', async () => {
    const { attest, log } = bed();
    expect(await attest(caller({ pid: 2 ** 30 }))).toEqual([
      'sallyport:socket:host',
      'unix:uid:7',
      'unix:gid:8',
      'unix:user:orders',
    ]);
    expect(log.named('workload.executable_unknown')[0]?.message).toContain('path and sha256');
  });

  it('warns only when some entry asks for what is missing', async () => {
    const levels = [PLAIN, HASHED].map(async (entries) => {
      const { attest, log } = bed(entries);
      await attest(caller({ pid: 2 ** 30 }));
      await attest(caller({ pid: 0 }));
      return log.all.map(({ level }) => level);
    });
    expect(await Promise.all(levels)).toEqual([
      ['debug', 'debug'],
      ['warn', 'warn'],
    ]);
  });

  it.skipIf(!isLinux)('leaves out the hash of an executable over the limit, not the rest', async () => {
    const { attest, log } = bed(HASHED, { hashes: createExecutableHashes(systemClock, 1000) });
    const selectors = await attest(caller());
    expect(selectors.filter((selector) => selector.startsWith('unix:sha256:'))).toEqual([]);
    expect(selectors.some((selector) => selector.startsWith('unix:path:'))).toBe(true);
    expect(log.named('workload.executable_unknown')[0]?.message).toContain('sha256');
  });
});

describe('createExecutableHashes', () => {
  it('takes a file of exactly the limit, and none that is a byte larger', async () => {
    const hashes = createExecutableHashes(systemClock, 5);
    expect(await hashOf(hashes, '12345')).toBe(createHash('sha256').update('12345').digest('hex'));
    await expect(hashOf(hashes, '123456')).rejects.toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' });
  });

  it('trusts the times of a file only when they are old enough to tell a change', async () => {
    const path = fileWith('one');
    const file = await open(path);
    onTestFinished(() => file.close());
    const stats = await file.stat({ bigint: true });
    const young = createExecutableHashes(fakeClock(Number(stats.ctimeMs) + 1999));
    const settled = createExecutableHashes(fakeClock(Number(stats.ctimeMs) + 2000));
    const first = [await young.sha256(file.fd, stats), await settled.sha256(file.fd, stats)];
    writeFileSync(path, 'two');
    const second = [await young.sha256(file.fd, stats), await settled.sha256(file.fd, stats)];
    expect(first[0]).toBe(first[1]);
    expect(second[0]).not.toBe(first[0]);
    expect(second[1]).toBe(first[1]);
  });
});

describe('createSystemNames', () => {
  it('knows names by id, the first of several, and reads again what has changed', async () => {
    const passwd = fileWith('root:x:0:0::/root:/bin/sh\nbad\norders:x:7:7::/:/bin/sh\nagain:x:7:7::/:/x\n');
    const names = createSystemNames(passwd, '/nowhere');
    expect([await names.user(7), await names.user(8), await names.group(0)]).toEqual([
      'orders',
      undefined,
      undefined,
    ]);
    writeFileSync(passwd, 'billing:x:8:8::/:/bin/sh\n');
    utimesSync(passwd, 1, 1);
    expect([await names.user(7), await names.user(8)]).toEqual([undefined, 'billing']);
  });
});

function fileWith(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'sp-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'file');
  writeFileSync(path, text);
  return path;
}

async function hashOf(hashes: ReturnType<typeof createExecutableHashes>, text: string): Promise<string> {
  const file = await open(fileWith(text));
  try {
    return await hashes.sha256(file.fd, await file.stat({ bigint: true }));
  } finally {
    await file.close();
  }
}
