import { closeSync, fstatSync, openSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeFileWhole } from '../../../src/store/index.ts';
import { temporaryFolder } from './temporary-folder.ts';

it('writes nothing into a file that somebody else holds open under the name it uses meanwhile', () => {
  const folder = temporaryFolder();
  const theirs = openSync(join(folder, '.svid.0.key.unfinished'), 'w+', 0o666);
  writeFileWhole(join(folder, 'svid.0.key'), Buffer.from('secret'), 0o600);
  expect(fstatSync(theirs).size).toBe(0);
  closeSync(theirs);
  expect(readFileSync(join(folder, 'svid.0.key'), 'utf8')).toBe('secret');
  expect(statSync(join(folder, 'svid.0.key')).mode & 0o777).toBe(0o600);
});

it('follows no link that stands in its way', () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'victim'), 'untouched');
  symlinkSync(join(folder, 'victim'), join(folder, '.a.unfinished'));
  writeFileWhole(join(folder, 'a'), Buffer.from('new'), 0o600);
  expect(readFileSync(join(folder, 'victim'), 'utf8')).toBe('untouched');
  expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('new');
});
