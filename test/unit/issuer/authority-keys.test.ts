import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chain, codeOf, newFolder, run } from './on-folder.ts';

function passphraseFile(text: string, mode = 0o600): string {
  const path = `${newFolder()}.pass`;
  writeFileSync(path, text, { mode });
  chmodSync(path, mode);
  return path;
}

function keyTexts(folder: string): readonly string[] {
  const keys = join(folder, 'keys');
  return readdirSync(keys).map((name) => readFileSync(join(keys, name), 'utf8'));
}

describe('CA keys with a passphrase', () => {
  it('are encrypted at rest, and open with it alone', async () => {
    const folder = newFolder();
    const good = { passphraseFile: passphraseFile('correct horse\nsecond line') };
    const first = await run(folder, undefined, good);
    const path = await chain(first);
    first.close();
    expect(keyTexts(folder)).toHaveLength(3);
    for (const text of keyTexts(folder)) {
      expect(text).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----\n/);
    }
    const wrong = { passphraseFile: passphraseFile('battery staple') };
    expect(await codeOf(() => run(folder, undefined, wrong))).toBe('ERR_ISSUER_KEY');
    expect(await codeOf(() => run(folder))).toBe('ERR_ISSUER_KEY');
    // Trailing lines and line ends do not matter.
    const again = await run(folder, undefined, { passphraseFile: passphraseFile('correct horse') });
    expect((await chain(again)).slice(1)).toEqual(path.slice(1));
  });

  it('that are not encrypted yet are read, and new ones are encrypted', async () => {
    const folder = newFolder();
    const first = await run(folder);
    const root = (await chain(first)).at(-1);
    first.close();
    const running = await run(folder, undefined, { passphraseFile: passphraseFile('correct horse') });
    expect((await chain(running)).at(-1)).toBe(root);
    await running.issuer.authority.prepare('intermediate');
    expect(keyTexts(folder).filter((text) => text.includes('BEGIN ENCRYPTED'))).toHaveLength(1);
    await running.issuer.authority.activate('intermediate');
    expect(await chain(running)).toHaveLength(3);
  });

  it('need a file that only its owner can read, with something in it', async () => {
    const start = (passphraseFile: string) => codeOf(() => run(newFolder(), undefined, { passphraseFile }));
    expect(await start(passphraseFile('x', 0o644))).toBe('ERR_STATE_KEY_OPEN');
    expect(await start(passphraseFile(''))).toBe('ERR_ISSUER_PASSPHRASE');
    expect(await start(passphraseFile('\nx'))).toBe('ERR_ISSUER_PASSPHRASE');
    expect(await start(`${newFolder()}/absent`)).toBe('ERR_ISSUER_PASSPHRASE');
  });
});
