import { closeSync, openSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { SallyportError } from '../base/index.ts';
import { writeFileWhole } from './write-whole.ts';

export interface FolderLock {
  release(): void;
}

const LOCK_FILE = 'lock.db';
const HOLDER_FILE = 'lock.holder';

/**
 * Takes the state folder for this process alone. The lock is a transaction on a SQLite file, which the
 * kernel ends with the process, however it ends; the file beside it only says who it is.
 * Throws `ERR_STATE_LOCKED`.
 */
export function lockFolder(folder: string): FolderLock {
  const path = join(folder, LOCK_FILE);
  createPrivate(path);
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec('PRAGMA journal_mode = MEMORY');
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    throw isBusy(error)
      ? new SallyportError('ERR_STATE_LOCKED', `state folder \`${folder}\` is in use by ${holder(folder)}`, {
          hint: 'stop it, or give this one another `stateDir`',
        })
      : error;
  }
  writeFileWhole(join(folder, HOLDER_FILE), Buffer.from(`process ${process.pid} on ${hostname()}\n`), 0o600);
  return { release: () => database.close() };
}

/**
 * Makes an empty file for us alone unless it is there; SQLite gives its side files the same mode. One that
 * is there is not even opened: closing any handle on a file ends the locks that this process has on it.
 */
export function createPrivate(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) {
      throw error;
    }
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === 5;
}

function holder(folder: string): string {
  try {
    return readFileSync(join(folder, HOLDER_FILE), 'utf8').trim() || 'another sallyport';
  } catch {
    return 'another sallyport';
  }
}
