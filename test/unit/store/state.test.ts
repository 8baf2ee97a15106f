import { chmodSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openState } from '../../../src/store/index.ts';
import { codeOf, hintOf, temporaryFolder } from './temporary-folder.ts';

function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

describe('openState', () => {
  it('makes the folder and its parents, for the owner alone', () => {
    const folder = join(temporaryFolder(), 'a', 'state');
    openState(folder).close();
    expect(modeOf(folder)).toBe('700');
    expect(modeOf(join(folder, 'keys'))).toBe('700');
    for (const name of readdirSync(folder).filter((entry) => entry !== 'keys')) {
      expect(modeOf(join(folder, name)), name).toBe('600');
    }
  });

  it.each([0o755, 0o750, 0o705, 0o710, 0o701, 0o720])(
    'refuses a folder of mode %o, and says how to mend it',
    (mode) => {
      const folder = temporaryFolder();
      chmodSync(folder, mode);
      expect(codeOf(() => openState(folder))).toBe('ERR_STATE_OPEN');
      expect(hintOf(() => openState(folder))).toBe(`\`chmod 700 ${folder}\``);
      chmodSync(folder, 0o700);
      expect(codeOf(() => openState(folder).close())).toBe('accepted');
    },
  );

  it('refuses an open folder of keys', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'keys'));
    chmodSync(join(folder, 'keys'), 0o755);
    expect(codeOf(() => openState(folder))).toBe('ERR_STATE_OPEN');
    chmodSync(join(folder, 'keys'), 0o700);
    expect(codeOf(() => openState(folder).close())).toBe('accepted');
  });

  it('refuses a file, and a path through a file', () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    expect(codeOf(() => openState(file))).toBe('ERR_STATE_NOT_WRITABLE');
    expect(codeOf(() => openState(join(file, 'state')))).toBe('ERR_STATE_NOT_WRITABLE');
  });

  it('follows a link to a folder', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'real'), { mode: 0o700 });
    symlinkSync(join(folder, 'real'), join(folder, 'link'));
    openState(join(folder, 'link')).close();
    expect(readdirSync(join(folder, 'real'))).toContain('state.db');
  });

  it('is for one at a time, and tells the second who has it', () => {
    const folder = temporaryFolder();
    const state = openState(folder);
    expect(codeOf(() => openState(folder))).toBe('ERR_STATE_LOCKED');
    expect(codeOf(() => openState(folder))).toBe('ERR_STATE_LOCKED');
    expect(() => openState(folder)).toThrow(`in use by process ${process.pid} on `);
    state.close();
    expect(codeOf(() => openState(folder).close())).toBe('accepted');
  });

  it('sweeps away what a crash left unfinished, and nothing else', () => {
    const folder = temporaryFolder();
    const first = openState(folder);
    first.writePrivate('keys/a.pem', Buffer.from('a'));
    first.close();
    writeFileSync(join(folder, '.x.unfinished'), '');
    writeFileSync(join(folder, 'keys', '.a.pem.unfinished'), '');
    writeFileSync(join(folder, 'keys', 'b.unfinished.pem'), '');
    openState(folder).close();
    expect(readdirSync(folder)).not.toContain('.x.unfinished');
    expect(readdirSync(join(folder, 'keys')).sort()).toEqual(['a.pem', 'b.unfinished.pem']);
  });

  it('refuses a database that is none', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'state.db'), 'no database at all'.repeat(100), { mode: 0o600 });
    expect(codeOf(() => openState(folder))).toBe('ERR_STATE_DAMAGED');
    expect(codeOf(() => openState(folder))).toBe('ERR_STATE_DAMAGED');
  });
});

describe('private files', () => {
  it('are whole, for the owner alone, and replace the one before', () => {
    const folder = temporaryFolder();
    const state = openState(folder);
    state.writePrivate('keys/a.pem', Buffer.from('one, and rather long'));
    state.writePrivate('keys/a.pem', Buffer.from('two'));
    expect(Buffer.from(state.readPrivate('keys/a.pem') ?? []).toString()).toBe('two');
    expect(modeOf(join(folder, 'keys', 'a.pem'))).toBe('600');
    expect(readdirSync(join(folder, 'keys'))).toEqual(['a.pem']);
    state.close();
  });

  it('are undefined when they are not there, and removed without complaint', () => {
    const state = openState(temporaryFolder());
    expect(state.readPrivate('keys/a.pem')).toBeUndefined();
    state.remove('keys/a.pem');
    state.writePrivate('keys/a.pem', Buffer.from('one'));
    state.remove('keys/a.pem');
    expect(state.readPrivate('keys/a.pem')).toBeUndefined();
    state.close();
  });

  it.each([0o640, 0o604, 0o620, 0o666])('of mode %o are refused', (mode) => {
    const folder = temporaryFolder();
    const state = openState(folder);
    state.writePrivate('keys/a.pem', Buffer.from('one'));
    chmodSync(join(folder, 'keys', 'a.pem'), mode);
    expect(codeOf(() => state.readPrivate('keys/a.pem'))).toBe('ERR_STATE_KEY_OPEN');
    state.close();
  });

  it('are read up to a mebibyte and no further', () => {
    const state = openState(temporaryFolder());
    state.writePrivate('keys/a.pem', new Uint8Array(1024 * 1024));
    expect(state.readPrivate('keys/a.pem')?.length).toBe(1024 * 1024);
    state.writePrivate('keys/a.pem', new Uint8Array(1024 * 1024 + 1));
    expect(codeOf(() => state.readPrivate('keys/a.pem'))).toBe('ERR_STATE_KEY_UNREADABLE');
    state.close();
  });

  it('that are folders are refused', () => {
    const folder = temporaryFolder();
    const state = openState(folder);
    mkdirSync(join(folder, 'keys', 'a.pem'), { mode: 0o700 });
    expect(codeOf(() => state.readPrivate('keys/a.pem'))).toBe('ERR_STATE_KEY_UNREADABLE');
    state.close();
  });
});
