import { mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type AppEvent, systemClock } from '../../../src/base/index.ts';
import { readFolders, watchFolders } from '../../../src/config/index.ts';
import { tempFolder } from './temp-folder.ts';

/** Milliseconds in which a write must be obeyed. */
const OBEYED_MILLIS = 1000;

async function contentOf(folder: string) {
  const groups = { policies: { paths: [folder], absentIs: 'error' as const } };
  const { files, signature } = await readFolders(groups, { clock: systemClock });
  return { text: files.policies.map((file) => file.text).join('|'), signature };
}

/** A reader that keeps what it read last, as the service does. */
async function follow(folder: string, atEnd: (run: () => Promise<void>) => void) {
  const first = await contentOf(folder);
  const read: string[] = [first.text];
  const events: AppEvent[] = [];
  const watch = watchFolders([folder], {
    clock: systemClock,
    events: (event) => events.push(event),
    since: first.signature,
    onChange: async () => {
      read.push((await contentOf(folder)).text);
    },
  });
  atEnd(() => watch.stop());
  const sees = async (text: string): Promise<number> => {
    const start = performance.now();
    while (read.at(-1) !== text && performance.now() - start < 3 * OBEYED_MILLIS) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(read.at(-1)).toBe(text);
    return performance.now() - start;
  };
  return { read, events, watch, sees };
}

function mount(folder: string, generation: string, text: string): void {
  mkdirSync(join(folder, `..${generation}`));
  writeFileSync(join(folder, `..${generation}`, 'a.yaml'), text);
  symlinkSync(`..${generation}`, join(folder, '..data_tmp'));
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
}

describe.concurrent('watchFolders', () => {
  it.for<readonly [string, (folder: string) => void]>([
    ['write in place', (folder: string) => writeFileSync(join(folder, 'a.yaml'), 'new')],
    [
      'rename over',
      (folder: string) => {
        writeFileSync(join(folder, '.a.tmp'), 'new');
        renameSync(join(folder, '.a.tmp'), join(folder, 'a.yaml'));
      },
    ],
    [
      'remove and add under another name',
      (folder: string) => {
        unlinkSync(join(folder, 'a.yaml'));
        writeFileSync(join(folder, 'b.yaml'), 'new');
      },
    ],
    [
      'a folder in it',
      (folder: string) => {
        mkdirSync(join(folder, 'sub'));
        renameSync(join(folder, 'a.yaml'), join(folder, 'sub', 'a.yaml'));
        writeFileSync(join(folder, 'sub', 'a.yaml'), 'new');
      },
    ],
  ])('obeys %s in time', async ([_, write], { onTestFinished }) => {
    const folder = tempFolder(onTestFinished);
    writeFileSync(join(folder, 'a.yaml'), 'old');
    const { sees } = await follow(folder, onTestFinished);
    write(folder);
    expect(await sees('new')).toBeLessThan(OBEYED_MILLIS);
  });

  it('obeys the swap of a `..data` link in time, again and again', async ({ onTestFinished }) => {
    const folder = tempFolder(onTestFinished);
    mount(folder, '1', 'one');
    symlinkSync('..data/a.yaml', join(folder, 'a.yaml'));
    const { sees } = await follow(folder, onTestFinished);
    for (const generation of ['2', '3', '4']) {
      mount(folder, generation, `text ${generation}`);
      expect(await sees(`text ${generation}`)).toBeLessThan(OBEYED_MILLIS);
      rmSync(join(folder, `..${Number(generation) - 1}`), { recursive: true });
    }
  });

  it('finds by polling what it gets no event for', async ({ onTestFinished }) => {
    const folder = tempFolder(onTestFinished);
    const elsewhere = tempFolder(onTestFinished);
    writeFileSync(join(elsewhere, 'real'), 'old');
    symlinkSync(join(elsewhere, 'real'), join(folder, 'a.yaml'));
    const { sees } = await follow(folder, onTestFinished);
    writeFileSync(join(elsewhere, 'real'), 'new');
    expect(await sees('new')).toBeLessThan(OBEYED_MILLIS);
  });

  it('lives on when the folder goes and comes back, and still gets events', async ({ onTestFinished }) => {
    const folder = join(tempFolder(onTestFinished), 'policies');
    mkdirSync(folder);
    writeFileSync(join(folder, 'a.yaml'), 'old');
    const { sees } = await follow(folder, onTestFinished);
    rmSync(folder, { recursive: true });
    await sees('');
    mkdirSync(folder);
    writeFileSync(join(folder, 'a.yaml'), 'back');
    expect(await sees('back')).toBeLessThan(OBEYED_MILLIS);
    writeFileSync(join(folder, 'a.yaml'), 'again');
    expect(await sees('again')).toBeLessThan(OBEYED_MILLIS);
  });

  it('sees a change from between the read and the watch', async ({ onTestFinished }) => {
    const folder = tempFolder(onTestFinished);
    writeFileSync(join(folder, 'a.yaml'), 'old');
    const first = await contentOf(folder);
    writeFileSync(join(folder, 'a.yaml'), 'new');
    const changed = new Promise<void>((resolve) => {
      const watch = watchFolders([folder], {
        clock: systemClock,
        events: () => {},
        since: first.signature,
        onChange: () => resolve(),
      });
      onTestFinished(() => watch.stop());
    });
    await changed;
  });

  it('calls once for many writes, after the last, and not for files it would not read', async ({
    onTestFinished,
  }) => {
    const folder = tempFolder(onTestFinished);
    writeFileSync(join(folder, 'a.yaml'), '0');
    const { read, sees } = await follow(folder, onTestFinished);
    writeFileSync(join(folder, 'README.md'), 'no manifest');
    for (let turn = 1; turn <= 10; turn += 1) {
      writeFileSync(join(folder, 'a.yaml'), String(turn));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await sees('10');
    expect(read).toEqual(['0', '10']);
    writeFileSync(join(folder, 'README.md'), 'still none');
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(read).toEqual(['0', '10']);
  });

  it('takes up a change that came while the last one was taken up, one at a time', async ({
    onTestFinished,
  }) => {
    const folder = tempFolder(onTestFinished);
    writeFileSync(join(folder, 'a.yaml'), '0');
    const first = await contentOf(folder);
    let running = 0;
    let most = 0;
    const read: string[] = [];
    const watch = watchFolders([folder], {
      clock: systemClock,
      events: () => {},
      since: first.signature,
      onChange: async () => {
        running += 1;
        most = Math.max(most, running);
        const { text } = await contentOf(folder);
        if (read.push(text) === 1) {
          writeFileSync(join(folder, 'a.yaml'), '2');
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
        running -= 1;
      },
    });
    onTestFinished(() => watch.stop());
    writeFileSync(join(folder, 'a.yaml'), '1');
    await expect.poll(() => read, { timeout: 3000 }).toEqual(['1', '2']);
    expect(most).toBe(1);
  });

  it('tells of a change that could not be taken up, and goes on', async ({ onTestFinished }) => {
    const folder = tempFolder(onTestFinished);
    writeFileSync(join(folder, 'a.yaml'), '0');
    const first = await contentOf(folder);
    const events: AppEvent[] = [];
    let calls = 0;
    const watch = watchFolders([folder], {
      clock: systemClock,
      events: (event) => events.push(event),
      since: first.signature,
      onChange: () => {
        calls += 1;
        throw new Error('refused');
      },
    });
    onTestFinished(() => watch.stop());
    for (const turn of [1, 2]) {
      writeFileSync(join(folder, 'a.yaml'), String(turn));
      await expect.poll(() => calls, { timeout: 3000 }).toBe(turn);
    }
    expect(events.map(({ event }) => event)).toEqual(['config.change_failed', 'config.change_failed']);
  });

  it('calls nothing after it was stopped', async ({ onTestFinished }) => {
    const folder = tempFolder(onTestFinished);
    writeFileSync(join(folder, 'a.yaml'), 'old');
    const { read, watch } = await follow(folder, onTestFinished);
    await watch.stop();
    writeFileSync(join(folder, 'a.yaml'), 'new');
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(read).toEqual(['old']);
  });
});
