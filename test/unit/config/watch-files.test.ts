import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../src/base/index.ts';
import { watchFiles } from '../../../src/config/index.ts';
import { eventLog } from '../../fakes/events.ts';
import { tempFolder } from './temp-folder.ts';

function watched(paths: readonly string[], onChange?: () => void) {
  const log = eventLog();
  let changes = 0;
  const watch = watchFiles(paths, {
    clock: systemClock,
    events: log.sink,
    pollMillis: 10,
    quietMillis: 5,
    onChange() {
      changes += 1;
      onChange?.();
    },
  });
  onTestFinished(() => watch.stop());
  return { log, watch, changes: () => changes };
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 60));

describe('watchFiles', () => {
  it('sees a file that is written, replaced, gone and back, and nothing while nothing happens', async () => {
    const folder = tempFolder();
    const path = join(folder, 'a');
    writeFileSync(path, '1');
    const { changes } = watched([path]);
    await settle();
    expect(changes()).toBe(0);
    writeFileSync(path, '22');
    await expect.poll(changes).toBe(1);
    writeFileSync(join(folder, 'b'), '33');
    renameSync(join(folder, 'b'), path);
    await expect.poll(changes).toBe(2);
    rmSync(path);
    await expect.poll(changes).toBe(3);
    writeFileSync(path, '4');
    await expect.poll(changes).toBe(4);
  });

  it('sees the switch of a link, as Kubernetes replaces a mount', async () => {
    const folder = tempFolder();
    for (const name of ['one', 'two']) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 'key'), name);
    }
    symlinkSync('one', join(folder, '..data'));
    symlinkSync('..data/key', join(folder, 'key'));
    const { changes } = watched([join(folder, 'key')]);
    symlinkSync('two', join(folder, '..new'));
    renameSync(join(folder, '..new'), join(folder, '..data'));
    await expect.poll(changes).toBe(1);
  });

  it('sees what changed between its call and its first look', async () => {
    const path = join(tempFolder(), 'a');
    writeFileSync(path, '1');
    const { changes } = watched([path]);
    writeFileSync(path, '22');
    await expect.poll(changes).toBe(1);
  });

  it('tells of a change that could not be taken up, and goes on', async () => {
    const path = join(tempFolder(), 'a');
    const { changes, log } = watched([path], () => {
      throw new Error('not now');
    });
    writeFileSync(path, '1');
    await expect.poll(changes).toBe(1);
    writeFileSync(path, '22');
    await expect.poll(changes).toBe(2);
    expect(log.named('config.change_failed')).toHaveLength(2);
  });

  it('calls nobody after a stop', async () => {
    const path = join(tempFolder(), 'a');
    const { changes, watch } = watched([path]);
    await watch.stop();
    writeFileSync(path, '1');
    await settle();
    expect(changes()).toBe(0);
  });
});
