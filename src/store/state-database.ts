import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { errorText, SallyportError } from '../base/index.ts';
import { createFileSync, type FileSync } from './file-sync.ts';
import { createPrivate } from './folder-lock.ts';

export type StateDatabase = DatabaseSync;

const DATABASE_FILE = 'state.db';
const LOG_SUFFIX = '-wal';
/** Of 4 KiB: 16 MiB. */
const LOG_PAGES = 4000;

/**
 * Opens the SQLite file of a state folder; a transaction that was committed outlives a power cut.
 * Throws `ERR_STATE_DAMAGED`.
 */
export function openStateDatabase(folder: string): StateDatabase {
  const path = join(folder, DATABASE_FILE);
  try {
    createPrivate(path);
    const database = new DatabaseSync(path, { timeout: 2000 });
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON');
    // Pages that many rows share are copied out of the log once for all of them.
    database.exec(`PRAGMA wal_autocheckpoint = ${LOG_PAGES}`);
    database.exec('CREATE TABLE IF NOT EXISTS schema (room TEXT PRIMARY KEY, version INTEGER NOT NULL)');
    return database;
  } catch (error) {
    throw damaged(path, error);
  }
}

/** Syncs what was committed to the log of the database, which is one file from its opening to its closing. */
export function logSyncOf(folder: string): FileSync {
  return createFileSync(join(folder, `${DATABASE_FILE}${LOG_SUFFIX}`));
}

/**
 * Brings the tables of one room to its newest form: `steps[n]` leads from version n to n + 1, each in a
 * transaction. A file of a newer Sallyport is refused with `ERR_STATE_NEWER`.
 */
export function migrate(database: StateDatabase, room: string, steps: readonly string[]): void {
  const version = versionOf(database, room);
  if (version > steps.length) {
    throw new SallyportError(
      'ERR_STATE_NEWER',
      `the state of \`${room}\` is of version ${version}, and this sallyport knows ${steps.length}`,
      { hint: 'use the sallyport that wrote it, or a newer one' },
    );
  }
  for (const [index, step] of steps.entries()) {
    if (index >= version) {
      inTransaction(database, () => {
        database.exec(step);
        database
          .prepare(
            'INSERT INTO schema VALUES (?, ?) ON CONFLICT (room) DO UPDATE SET version = excluded.version',
          )
          .run(room, index + 1);
      });
    }
  }
}

/** Runs `work` so that all of its changes are kept, or none. */
export function inTransaction<T>(database: StateDatabase, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.isTransaction) {
      database.exec('ROLLBACK');
    }
    throw error;
  }
}

/**
 * Runs `work` like `inTransaction`, but does not hold up the event loop for the disk: resolves when the changes
 * outlive a power cut. They can be read at once.
 */
export async function inTransactionOffLoop(
  { database, syncLog }: { readonly database: StateDatabase; readonly syncLog: () => Promise<void> },
  work: () => void,
): Promise<void> {
  database.exec('PRAGMA synchronous = NORMAL');
  try {
    inTransaction(database, work);
  } finally {
    database.exec('PRAGMA synchronous = FULL');
  }
  await syncLog();
}

function versionOf(database: StateDatabase, room: string): number {
  const row = database.prepare('SELECT version FROM schema WHERE room = ?').get(room);
  return typeof row?.['version'] === 'number' ? row['version'] : 0;
}

function damaged(path: string, cause: unknown): SallyportError {
  return new SallyportError('ERR_STATE_DAMAGED', `\`${path}\` cannot be used: ${errorText(cause)}`, {
    hint: 'restore the state folder from a backup, or set `stateDir` to a new one for a new CA',
    cause,
  });
}
