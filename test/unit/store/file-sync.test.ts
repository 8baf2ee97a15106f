import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createFileSync } from '../../../src/store/file-sync.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A disk that answers when it is told to. */
function slowDisk() {
  const syncs: { readonly done: () => void; readonly fail: (error: Error) => void }[] = [];
  const sync = (): Promise<void> =>
    new Promise((done, fail) => {
      syncs.push({ done, fail });
    });
  return { syncs, request: createFileSync('log', sync) };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('runs one sync at a time, and one more for all that ask meanwhile', async () => {
  const { syncs, request } = slowDisk();
  const told: number[] = [];
  const ask = (index: number): Promise<unknown> => request().then(() => told.push(index));
  const asked = [0, 1, 2].map(ask);
  await turn();
  expect(syncs).toHaveLength(1);
  syncs[0]?.done();
  await turn();
  expect({ told, syncs: syncs.length }).toEqual({ told: [0], syncs: 2 });
  asked.push(ask(3));
  syncs[1]?.done();
  await turn();
  expect({ told, syncs: syncs.length }).toEqual({ told: [0, 1, 2], syncs: 3 });
  syncs[2]?.done();
  await Promise.all(asked);
});

it('tells a failure to those whose sync it was, and goes on', async () => {
  const { syncs, request } = slowDisk();
  const first = request();
  const second = request();
  syncs[0]?.fail(new Error('no'));
  await expect(first).rejects.toThrow('no');
  await turn();
  syncs[1]?.done();
  await second;
  expect(syncs).toHaveLength(2);
});

it('says so when there is no such file', async () => {
  await expect(createFileSync(join(temporaryFolder(), 'none'))()).rejects.toThrow('ENOENT');
});
