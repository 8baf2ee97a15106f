import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LIMITS, type Severity, systemClock } from '../../../src/base/index.ts';
import { readFolders } from '../../../src/config/index.ts';
import { tempFolder } from './temp-folder.ts';

async function read(path: string, absentIs: Severity = 'error') {
  const groups = { policies: { paths: [path], absentIs } };
  const content = await readFolders(groups, { clock: systemClock, quietMillis: 10, giveUpMillis: 300 });
  return {
    names: content.files.policies.map((file) => file.path.slice(path.length + 1)),
    texts: content.files.policies.map((file) => file.text),
    problems: content.diagnostics.map((problem) => `${problem.severity} ${problem.code}`),
  };
}

describe('readFolders', () => {
  it('reads YAML and JSON of the folder and of folders in it, by path, and nothing else', async () => {
    const folder = tempFolder();
    mkdirSync(join(folder, 'b'));
    mkdirSync(join(folder, '.git'));
    for (const name of [
      'z.yaml',
      'a.yml',
      'c.JSON',
      'b/x.yaml',
      '.hidden.yaml',
      '.git/y.yaml',
      'README.md',
      'a.yaml~',
    ]) {
      writeFileSync(join(folder, name), name);
    }
    expect(await read(folder)).toEqual({
      names: ['a.yml', 'b/x.yaml', 'c.JSON', 'z.yaml'],
      texts: ['a.yml', 'b/x.yaml', 'c.JSON', 'z.yaml'],
      problems: [],
    });
  });

  it('reads a Kubernetes mount once, through its links', async () => {
    const folder = tempFolder();
    const data = join(folder, '..2026_01_01_00_00_00.1');
    mkdirSync(join(data, 'sub'), { recursive: true });
    writeFileSync(join(data, 'a.yaml'), 'a');
    writeFileSync(join(data, 'sub', 'b.yaml'), 'b');
    symlinkSync('..2026_01_01_00_00_00.1', join(folder, '..data'));
    symlinkSync('..data/a.yaml', join(folder, 'a.yaml'));
    symlinkSync('..data/sub', join(folder, 'sub'));
    expect(await read(folder)).toEqual({ names: ['a.yaml', 'sub/b.yaml'], texts: ['a', 'b'], problems: [] });
  });

  it('keeps groups apart', async () => {
    const folder = tempFolder();
    for (const name of ['p1', 'p2', 'w']) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 'a.yaml'), name);
    }
    const content = await readFolders(
      {
        policies: { paths: [join(folder, 'p1'), join(folder, 'p2')], absentIs: 'error' },
        workloads: { paths: [join(folder, 'w')], absentIs: 'warning' },
        entries: { paths: [], absentIs: 'warning' },
      },
      { clock: systemClock, quietMillis: 10 },
    );
    expect(content.diagnostics).toEqual([]);
    expect(content.files.policies.map(({ text }) => text)).toEqual(['p1', 'p2']);
    expect(content.files.workloads.map(({ text }) => text)).toEqual(['w']);
    expect(content.files.entries).toEqual([]);
  });

  it.each(['error', 'warning'] as const)(
    'reports a missing and an empty folder, here as %s',
    async (absentIs) => {
      const folder = tempFolder();
      expect((await read(join(folder, 'nowhere'), absentIs)).problems).toEqual([
        `${absentIs} ERR_FOLDER_MISSING`,
      ]);
      expect((await read(folder, absentIs)).problems).toEqual([`${absentIs} ERR_FOLDER_EMPTY`]);
      writeFileSync(join(folder, 'README.md'), 'no manifest');
      expect((await read(folder, absentIs)).problems).toEqual([`${absentIs} ERR_FOLDER_EMPTY`]);
    },
  );

  it.each([
    ['a file in place of the folder', (folder: string) => writeFileSync(folder, ''), 'ERR_FOLDER_UNREADABLE'],
    [
      'a link that leads nowhere',
      (folder: string) => {
        mkdirSync(folder);
        symlinkSync('gone.yaml', join(folder, 'a.yaml'));
      },
      'ERR_FILE_UNREADABLE',
    ],
    [
      'a pipe, which would never end',
      (folder: string) => {
        mkdirSync(folder);
        execFileSync('mkfifo', [join(folder, 'a.yaml')]);
      },
      'ERR_FILE_UNREADABLE',
    ],
    [
      'a folder that holds itself',
      (folder: string) => {
        mkdirSync(folder);
        writeFileSync(join(folder, 'a.yaml'), '');
        symlinkSync('.', join(folder, 'self'));
      },
      'ERR_LIMIT_EXCEEDED',
    ],
    [
      'a file that is not UTF-8',
      (folder: string) => {
        mkdirSync(folder);
        writeFileSync(join(folder, 'a.yaml'), Uint8Array.of(0xff, 0xfe));
      },
      'ERR_MANIFEST_ENCODING',
    ],
    [
      'a file over the limit',
      (folder: string) => {
        mkdirSync(folder);
        writeFileSync(join(folder, 'a.yaml'), '');
        truncateSync(join(folder, 'a.yaml'), LIMITS.manifestFileBytes + 1);
      },
      'ERR_LIMIT_EXCEEDED',
    ],
  ])('refuses %s', async (_, make, code) => {
    const folder = join(tempFolder(), 'policies');
    make(folder);
    expect((await read(folder)).problems).toEqual([`error ${code}`]);
  });

  it('takes a file at the limit', async () => {
    const folder = tempFolder();
    writeFileSync(join(folder, 'a.yaml'), 'x'.repeat(LIMITS.manifestFileBytes));
    const { problems, texts } = await read(folder);
    expect(problems).toEqual([]);
    expect(texts[0]?.length).toBe(LIMITS.manifestFileBytes);
  });

  it('waits for a write in progress and returns what stands at its end', async () => {
    const folder = tempFolder();
    const file = join(folder, 'a.yaml');
    writeFileSync(file, '0');
    let writes = 0;
    const writer = setInterval(() => {
      writes += 1;
      writeFileSync(file, String(writes));
      if (writes === 10) {
        clearInterval(writer);
      }
    }, 15);
    const groups = { policies: { paths: [folder], absentIs: 'error' as const } };
    const content = await readFolders(groups, { clock: systemClock, quietMillis: 60 });
    expect(content.files.policies.map(({ text }) => text)).toEqual(['10']);
  });

  it('never mixes two states of a folder that is swapped all the time, and gives up in the end', async () => {
    const folder = tempFolder();
    for (const generation of ['1', '2']) {
      mkdirSync(join(folder, `..${generation}`));
      for (const name of ['a.yaml', 'b.yaml']) {
        writeFileSync(join(folder, `..${generation}`, name), generation);
      }
    }
    for (const name of ['a.yaml', 'b.yaml']) {
      symlinkSync(`..data/${name}`, join(folder, name));
    }
    symlinkSync('..1', join(folder, '..data'));
    let turn = 0;
    const swapper = setInterval(() => {
      turn += 1;
      symlinkSync(`..${(turn % 2) + 1}`, join(folder, '..tmp'));
      renameSync(join(folder, '..tmp'), join(folder, '..data'));
    }, 3);
    const results = await Promise.all(Array.from({ length: 5 }, () => read(folder))).finally(() =>
      clearInterval(swapper),
    );
    for (const { texts, problems } of results) {
      expect(problems.length === 0 ? new Set(texts).size : problems).toEqual(
        problems.length === 0 ? 1 : ['error ERR_FOLDER_UNSTABLE'],
      );
    }
    expect((await read(folder)).problems).toEqual([]);
  });

  it('sees a folder that went away as missing', async () => {
    const folder = join(tempFolder(), 'policies');
    mkdirSync(folder);
    writeFileSync(join(folder, 'a.yaml'), 'a');
    expect((await read(folder)).problems).toEqual([]);
    rmSync(folder, { recursive: true });
    expect((await read(folder)).problems).toEqual(['error ERR_FOLDER_MISSING']);
  });
});
