import { expect, it } from 'vitest';
import { inTransaction, inTransactionOffLoop, migrate, openState } from '../../../src/store/index.ts';
import { codeOf, temporaryFolder } from './temporary-folder.ts';

it('migrates each room by its own steps, each once', () => {
  const folder = temporaryFolder();
  const first = openState(folder);
  migrate(first.database, 'a', ['CREATE TABLE a1 (x)']);
  migrate(first.database, 'b', ['CREATE TABLE b1 (x)']);
  first.database.exec('INSERT INTO a1 VALUES (7)');
  first.close();
  const second = openState(folder);
  const steps = ['CREATE TABLE a1 (x)', 'ALTER TABLE a1 RENAME COLUMN x TO y'];
  migrate(second.database, 'a', steps);
  migrate(second.database, 'a', steps);
  expect(second.database.prepare('SELECT y FROM a1').all()).toEqual([{ y: 7 }]);
  second.close();
});

it('keeps nothing of a step that fails', () => {
  const state = openState(temporaryFolder());
  const bad = ['CREATE TABLE a1 (x)', 'CREATE TABLE a2 (x); CREATE TABLE a1 (x)'];
  expect(() => migrate(state.database, 'a', bad)).toThrow('a1');
  const tables = state.database.prepare("SELECT name FROM sqlite_master WHERE name LIKE 'a_'").all();
  expect(tables).toEqual([{ name: 'a1' }]);
  migrate(state.database, 'a', ['CREATE TABLE a1 (x)', 'CREATE TABLE a2 (x)']);
  state.close();
});

it('refuses the tables of a newer version', () => {
  const state = openState(temporaryFolder());
  migrate(state.database, 'a', ['CREATE TABLE a1 (x)', 'CREATE TABLE a2 (x)']);
  expect(codeOf(() => migrate(state.database, 'a', ['CREATE TABLE a1 (x)']))).toBe('ERR_STATE_NEWER');
  state.close();
});

it('keeps all of a transaction or nothing', () => {
  const state = openState(temporaryFolder());
  state.database.exec('CREATE TABLE a (x)');
  expect(() =>
    inTransaction(state.database, () => {
      state.database.exec('INSERT INTO a VALUES (1)');
      throw new Error('no');
    }),
  ).toThrow('no');
  expect(inTransaction(state.database, () => 5)).toBe(5);
  expect(state.database.prepare('SELECT * FROM a').all()).toEqual([]);
  state.close();
});

it('waits for the disk off the loop in such transactions alone', async () => {
  const state = openState(temporaryFolder());
  const { database } = state;
  const synchronous = (): unknown => database.prepare('PRAGMA synchronous').get()?.['synchronous'];
  const seen: unknown[] = [];
  database.exec('CREATE TABLE a (x)');
  await inTransactionOffLoop(state, () => {
    seen.push(synchronous());
    database.exec('INSERT INTO a VALUES (1)');
  });
  seen.push(synchronous());
  const failing = inTransactionOffLoop(state, () => {
    database.exec('INSERT INTO a VALUES (2)');
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  seen.push(synchronous());
  const [normal, full] = [1, 2];
  expect(seen).toEqual([normal, full, full]);
  expect(database.prepare('SELECT x FROM a').all()).toEqual([{ x: 1 }]);
  state.close();
});
