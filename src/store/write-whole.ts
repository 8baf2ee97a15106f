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
  const file = openSync(unfinished, 'w', mode);
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

/** Makes what was renamed, made or removed in a folder outlive a power cut. */
export function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
