import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createFileSync } from '../../../src/store/file-sync.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A disk that answers when it is told to. */
function slowDisk() {
  const syncs: ((error: Error | null) => void)[] = [];
  let openFiles = 0;
  const file = createFileSync('log', () => {
    openFiles += 1;
    return {
      sync: (done) => syncs.push(done),
      close: () => {
        openFiles -= 1;
      },
    };
  });
  return { syncs, file, openFiles: () => openFiles };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('runs one sync at a time, and one more for all that ask meanwhile', async () => {
  const { syncs, file } = slowDisk();
  const told: number[] = [];
  const ask = (index: number): Promise<unknown> => file.sync().then(() => told.push(index));
  const asked = [0, 1, 2].map(ask);
  await turn();
  expect(syncs).toHaveLength(1);
  syncs[0]?.(null);
  await turn();
  expect({ told, syncs: syncs.length }).toEqual({ told: [0], syncs: 2 });
  asked.push(ask(3));
  syncs[1]?.(null);
  await turn();
  expect({ told, syncs: syncs.length }).toEqual({ told: [0, 1, 2], syncs: 3 });
  syncs[2]?.(null);
  await Promise.all(asked);
});

it('believes no sync any more after one that failed', async () => {
  const { syncs, file } = slowDisk();
  const first = file.sync();
  const second = file.sync();
  syncs[0]?.(new Error('no'));
  const code = { code: 'ERR_STATE_NOT_WRITABLE' };
  await expect(first).rejects.toMatchObject(code);
  await expect(second).rejects.toMatchObject(code);
  await expect(file.sync()).rejects.toMatchObject(code);
  expect(syncs).toHaveLength(1);
});

it('opens the file once and closes it after the sync that is under way', async () => {
  const { syncs, file, openFiles } = slowDisk();
  const first = file.sync();
  const second = file.sync();
  file.close();
  expect(openFiles()).toBe(1);
  syncs[0]?.(null);
  await first;
  await expect(second).rejects.toThrow('closed');
  expect(openFiles()).toBe(0);
  await expect(file.sync()).rejects.toThrow('closed');
  expect(syncs).toHaveLength(1);
});

it('says so each time there is no such file', async () => {
  const file = createFileSync(join(temporaryFolder(), 'none'));
  await expect(file.sync()).rejects.toThrow('ENOENT');
  await expect(file.sync()).rejects.toThrow('ENOENT');
  file.close();
});
