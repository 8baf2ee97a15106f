import { expect, it, onTestFinished, vi } from 'vitest';
import { type Inventory, openInventory } from '../../../src/issuer/inventory.ts';
import { migrate, openState, type StateDatabase } from '../../../src/store/index.ts';
import { fakeClock } from '../../fakes/clock.ts';
import { newFolder, START_MILLIS } from './on-folder.ts';

const NOW = START_MILLIS / 1000;

function open(folder = newFolder(), syncLog?: () => Promise<void>) {
  const state = openState(folder);
  const clock = fakeClock(START_MILLIS);
  const statements: string[] = [];
  const database = new Proxy(state.database, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (name === 'exec') {
        return (sql: string) => {
          statements.push(sql);
          target.exec(sql);
        };
      }
      return typeof value === 'function' ? value.bind(target) : value;
    },
  }) as StateDatabase;
  const inventory = openInventory({
    state: { ...state, database, syncLog: syncLog ?? state.syncLog },
    keepSeconds: 100,
    clock,
    events: () => {},
  });
  let isOpen = true;
  const close = (): void => {
    if (isOpen) {
      isOpen = false;
      inventory.stop();
      state.close();
    }
  };
  onTestFinished(close);
  return { inventory, clock, statements, close };
}

function record(inventory: Inventory, serial: string, ttlSeconds = 60): Promise<void> {
  return inventory.record({
    serial,
    spiffeId: 'spiffe://example.org/a',
    issuerKeyId: 'aa',
    caller: undefined,
    issuedAtSeconds: NOW,
    notBeforeSeconds: NOW - 10,
    notAfterSeconds: NOW + ttlSeconds,
  });
}

it('commits the rows of one turn of the loop together, and none before it says so', async () => {
  const { inventory, statements } = open();
  const before = statements.length;
  const all = Promise.all(Array.from({ length: 50 }, (_, index) => record(inventory, `a${index}`)));
  expect(inventory.list({ limit: 100 })).toEqual([]);
  await all;
  expect(inventory.list({ limit: 100 })).toHaveLength(50);
  expect(statements.slice(before)).toEqual([
    'PRAGMA synchronous = NORMAL',
    'BEGIN IMMEDIATE',
    'COMMIT',
    'PRAGMA synchronous = FULL',
  ]);
});

it('says that a row is kept only when the disk has it, and that it is not when the disk fails', async () => {
  const syncs: { readonly done: () => void; readonly fail: (error: Error) => void }[] = [];
  const syncLog = (): Promise<void> =>
    new Promise((done, fail) => {
      syncs.push({ done, fail });
    });
  const { inventory } = open(newFolder(), syncLog);
  const told: string[] = [];
  const row = async (serial: string): Promise<void> => {
    await record(inventory, serial).then(
      () => told.push(`${serial} kept`),
      (error: Error) => told.push(`${serial} ${error.message}`),
    );
  };
  const kept = row('a1');
  await vi.waitFor(() => expect(inventory.find('a1')).toBeDefined());
  expect(told).toEqual([]);
  const lost = row('a2');
  await vi.waitFor(() => expect(syncs).toHaveLength(2));
  syncs[0]?.done();
  await kept;
  expect(told).toEqual(['a1 kept']);
  syncs[1]?.fail(new Error('the disk is gone'));
  await lost;
  expect(told).toEqual(['a1 kept', 'a2 the disk is gone']);
});

it('refuses a serial number twice under one issuer', async () => {
  const { inventory } = open();
  await record(inventory, 'a1');
  await expect(record(inventory, 'a1')).rejects.toThrow('UNIQUE');
  await record(inventory, 'a2');
});

it('knows what is revoked and stopped after a restart', async () => {
  const folder = newFolder();
  const first = open(folder);
  await record(first.inventory, 'a1');
  await record(first.inventory, 'a2');
  expect(first.inventory.revoke('a1')).toHaveLength(1);
  expect(first.inventory.revoke('ff')).toEqual([]);
  first.inventory.stopIdentity('spiffe://example.org/b');
  first.close();
  const { inventory } = open(folder);
  expect(inventory.isRevoked('aa', 'a1')).toBe(true);
  expect(inventory.isRevoked('bb', 'a1')).toBe(false);
  expect(inventory.isRevoked('aa', 'a2')).toBe(false);
  expect(inventory.isStopped('spiffe://example.org/b')).toBe(true);
  expect(inventory.allowIdentity('spiffe://example.org/b')).toBe(true);
  expect(inventory.allowIdentity('spiffe://example.org/b')).toBe(false);
});

it('takes over the rows of a state folder from before they were kept in the order they came', async () => {
  const folder = newFolder();
  const state = openState(folder);
  migrate(state.database, 'inventory', [
    `CREATE TABLE certificate (
       serial TEXT NOT NULL, issuer_key_id TEXT NOT NULL, spiffe_id TEXT NOT NULL, caller TEXT,
       issued_at INTEGER NOT NULL, not_before INTEGER NOT NULL, not_after INTEGER NOT NULL, revoked_at INTEGER,
       PRIMARY KEY (serial, issuer_key_id)
     ) STRICT, WITHOUT ROWID;
     CREATE INDEX certificate_identity ON certificate (spiffe_id, not_after);
     CREATE INDEX certificate_end ON certificate (not_after);
     CREATE TABLE stopped_identity (spiffe_id TEXT PRIMARY KEY, since INTEGER NOT NULL) STRICT;`,
    'CREATE INDEX certificate_revoked ON certificate (issuer_key_id, not_after) WHERE revoked_at IS NOT NULL;',
  ]);
  const insert = state.database.prepare('INSERT INTO certificate VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  insert.run('a1', 'aa', 'spiffe://example.org/a', null, NOW, NOW - 10, NOW + 60, NOW);
  insert.run('a2', 'aa', 'spiffe://example.org/b', 'uid 7', NOW - 1, NOW - 10, NOW + 60, null);
  state.close();
  const { inventory } = open(folder);
  expect(inventory.isRevoked('aa', 'a1')).toBe(true);
  expect(inventory.isRevoked('aa', 'a2')).toBe(false);
  expect(inventory.list({ limit: 10 }).map(({ serial }) => serial)).toEqual(['a1', 'a2']);
  expect(inventory.find('a2')).toEqual({
    serial: 'a2',
    spiffeId: 'spiffe://example.org/b',
    issuerKeyId: 'aa',
    caller: 'uid 7',
    issuedAtSeconds: NOW - 1,
    notBeforeSeconds: NOW - 10,
    notAfterSeconds: NOW + 60,
    revokedAtSeconds: undefined,
  });
  await expect(record(inventory, 'a1')).rejects.toThrow('UNIQUE');
  expect(inventory.stopIdentity('spiffe://example.org/b')).toHaveLength(1);
});

it('tells those who wait for a commit one by one, with turns of the loop in between', async () => {
  let nowMillis = 0;
  const state = openState(newFolder());
  const inventory = openInventory({
    state,
    keepSeconds: 100,
    clock: { ...fakeClock(START_MILLIS), monotonicMillis: () => nowMillis },
    events: () => {},
  });
  onTestFinished(() => {
    inventory.stop();
    state.close();
  });
  let told = 0;
  const toldPerTurn: number[] = [];
  const all = Promise.all(
    Array.from({ length: 10 }, async (_, index) => {
      await record(inventory, `a${index}`);
      // What follows, such as a push, comes some microtasks later.
      await Promise.resolve().then(() => Promise.resolve());
      told += 1;
      nowMillis += 0.5;
    }),
  );
  while (told < 10) {
    const before = told;
    await new Promise((resolve) => setImmediate(resolve));
    if (told > before) {
      toldPerTurn.push(told - before);
    }
  }
  await all;
  expect(toldPerTurn).toEqual([2, 2, 2, 2, 2]);
});

it('keeps a revocation over a wall clock that is far ahead for a while', async () => {
  const { inventory, clock } = open();
  await record(inventory, 'a1', 7200);
  inventory.revoke('a1');
  clock.jump(9 * 24 * 3600 * 1000);
  await clock.advance(3600_000);
  clock.jump(-9 * 24 * 3600 * 1000);
  expect(inventory.isRevoked('aa', 'a1')).toBe(true);
  expect(inventory.find('a1')).toBeDefined();
  await clock.advance(7200_000);
  expect(inventory.find('a1')).toBeUndefined();
});

it('forgets what ended longer ago than it is kept, the revoked too', async () => {
  const { inventory, clock } = open();
  await record(inventory, 'a1', 60);
  await record(inventory, 'a2', 600);
  inventory.revoke('a1');
  await clock.advance(120_000);
  expect(inventory.find('a1')).toBeDefined();
  expect(inventory.list({ limit: 10 }).map(({ serial }) => serial)).toEqual(['a2']);
  expect(inventory.list({ limit: 10, all: true })).toHaveLength(2);
  await clock.advance(120_000);
  expect(inventory.find('a1')).toBeUndefined();
  expect(inventory.isRevoked('aa', 'a1')).toBe(false);
  expect(inventory.find('a2')).toBeDefined();
});
