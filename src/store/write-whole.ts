import { closeSync, fchmodSync, fsyncSync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Every unfinished file has this form, so that the next start can sweep it away. */
export const UNFINISHED = /^\..+\.unfinished$/;

/**
 * Writes a file so that after a crash at any moment either the old content or the new one is there, whole:
 * beside it, fsync, rename over it, fsync of the folder. One writer at a time for one path.
 */
export function writeFileWhole(path: string, bytes: Uint8Array, mode: number): void {
  const unfinished = join(dirname(path), `.${basename(path)}.unfinished`);
  const file = createAnew(unfinished, mode);
  try {
    fchmodSync(file, mode);
    for (let written = 0; written < bytes.length; ) {
      written += writeSync(file, bytes, written);
    }
    fsyncSync(file);
  } catch (error) {
    closeSync(file);
    unlinkSync(unfinished);
    throw error;
  }
  closeSync(file);
  renameSync(unfinished, path);
  syncFolder(dirname(path));
}

/**
 * A file that nobody else can have opened, nor led elsewhere: what is there already is removed, and when
 * somebody puts it back in the meantime this throws.
 */
function createAnew(path: string, mode: number): number {
  try {
    return openSync(path, 'wx', mode);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) {
      throw error;
    }
    unlinkSync(path);
    return openSync(path, 'wx', mode);
  }
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** Makes what was renamed, made or removed in a folder outlive a power cut. */
export function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
