import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { errorCodeOf, LIMITS } from '../../../src/base/index.ts';
import { readSmallFile } from '../../../src/store/index.ts';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'sp-small-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function read(path: string): number | string {
  try {
    return readSmallFile(path).length;
  } catch (error) {
    return errorCodeOf(error);
  }
}

it('reads a file as large as it may be, and not one byte more', () => {
  const path = join(folder(), 'file');
  writeFileSync(path, 'x'.repeat(LIMITS.smallFileBytes));
  expect(read(path)).toBe(LIMITS.smallFileBytes);
  writeFileSync(path, 'x'.repeat(LIMITS.smallFileBytes + 1));
  expect(read(path)).toBe('ERR_FILE_UNREADABLE');
});

it('refuses a folder, a device, and what is not there', () => {
  expect([folder(), '/dev/zero', '/nowhere/file'].map(read)).toEqual(Array(3).fill('ERR_FILE_UNREADABLE'));
});
