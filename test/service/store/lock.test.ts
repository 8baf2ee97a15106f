import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, chownSync, cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openState } from '../../../src/store/index.ts';
import { codeOf, temporaryFolder } from '../../unit/store/temporary-folder.ts';

const NOBODY = 65_534;

interface Holder {
  readonly child: ChildProcess;
  /** `held`, or the code of the error. */
  readonly said: string;
  kill(): Promise<void>;
}

async function hold(folder: string, root = '.', uid?: number): Promise<Holder> {
  const script = join(root, 'test/service/store/hold-child.ts');
  const child = spawn(process.execPath, [script, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: root,
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  const closed = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await closed;
  };
  onTestFinished(kill);
  for await (const said of createInterface({ input: child.stdout ?? process.stdin })) {
    return { child, said, kill };
  }
  return { child, said: 'nothing', kill };
}

describe('the lock of a state folder', () => {
  it('holds against another process, names it, and ends with kill -9', async () => {
    const folder = join(temporaryFolder(), 'state');
    const first = await hold(folder);
    expect(first.said).toBe('held');
    expect((await hold(folder)).said).toBe('ERR_STATE_LOCKED');
    expect(codeOf(() => openState(folder))).toBe('ERR_STATE_LOCKED');
    expect(() => openState(folder)).toThrow(`process ${first.child.pid} on `);
    await first.kill();
    expect(codeOf(() => openState(folder).close())).toBe('accepted');
  });

  it('of the one who has it does not suffer from those who tried', async () => {
    const folder = join(temporaryFolder(), 'state');
    const state = openState(folder);
    expect(codeOf(() => openState(folder))).toBe('ERR_STATE_LOCKED');
    expect((await hold(folder)).said).toBe('ERR_STATE_LOCKED');
    state.close();
    expect((await hold(folder)).said).toBe('held');
  });
});

const isRoot = process.getuid?.() === 0;
if (!isRoot) {
  console.log('store: files of other users are not tried, because that needs root');
}

describe.runIf(isRoot)('a state folder and another user', () => {
  /** The project where that user can read it. */
  function readableProject(): string {
    const root = temporaryFolder();
    chmodSync(root, 0o755);
    for (const path of ['src/base', 'src/store', 'test/service/store', 'package.json']) {
      cpSync(path, join(root, path), { recursive: true });
    }
    return root;
  }

  it('that cannot be written is refused', async () => {
    const root = readableProject();
    const parent = join(root, 'of-root');
    mkdirSync(parent, { mode: 0o755 });
    expect((await hold(join(parent, 'state'), root, NOBODY)).said).toBe('ERR_STATE_NOT_WRITABLE');
  });

  it('that belongs to somebody else is refused, and so is a key', async () => {
    const root = readableProject();
    const folder = join(root, 'state');
    mkdirSync(folder, { mode: 0o700 });
    chownSync(folder, NOBODY, NOBODY);
    expect((await hold(folder, root, NOBODY)).said).toBe('held');
    expect(codeOf(() => openState(folder))).toBe('ERR_STATE_OPEN');
    rmSync(folder, { recursive: true });
    const state = openState(folder);
    state.writePrivate('keys/a.pem', Buffer.from('a'));
    chownSync(join(folder, 'keys/a.pem'), NOBODY, NOBODY);
    expect(codeOf(() => state.readPrivate('keys/a.pem'))).toBe('ERR_STATE_KEY_OPEN');
    state.close();
  });
});
