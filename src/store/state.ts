import { mkdirSync, statSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { FileSync } from './file-sync.ts';
import { lockFolder } from './folder-lock.ts';
import { readPrivateFile } from './private-file.ts';
import { ensurePrivateFolder, sweepUnfinished } from './private-folder.ts';
import { logSyncOf, openStateDatabase, type StateDatabase } from './state-database.ts';
import { syncFolder, writeFileWhole } from './write-whole.ts';

/** What outlives a restart. Names are relative to the folder: `keys/0a1b.pem`. */
export interface State {
  readonly folder: string;
  readonly database: StateDatabase;
  /** Resolves when all that is committed outlives a power cut. */
  readonly syncLog: () => Promise<void>;
  /** Undefined when there is no such file. Throws `ERR_STATE_KEY_OPEN` when others can read it. */
  readPrivate(name: string): Uint8Array | undefined;
  /** Whole or not at all, mode 0600. */
  writePrivate(name: string, bytes: Uint8Array): void;
  /** Does nothing when there is no such file. */
  remove(name: string): void;
  close(): void;
}

export const KEYS_FOLDER = 'keys';

/**
 * Opens the state folder for this process alone; makes it when it is not there.
 * Throws `ERR_STATE_OPEN`, `ERR_STATE_NOT_WRITABLE`, `ERR_STATE_LOCKED`, `ERR_STATE_DAMAGED`.
 */
export function openState(folder: string): State {
  ensurePrivateFolder(folder);
  const lock = lockFolder(folder);
  try {
    const keys = join(folder, KEYS_FOLDER);
    mkdirSync(keys, { recursive: true, mode: 0o700 });
    ensurePrivateFolder(keys);
    sweepUnfinished(folder);
    sweepUnfinished(keys);
    const database = openStateDatabase(folder);
    const log = logSyncOf(folder);
    return stateOf(folder, { database, log }, () => {
      log.close();
      database.close();
      lock.release();
    });
  } catch (error) {
    lock.release();
    throw error;
  }
}

function stateOf(
  folder: string,
  { database, log }: { readonly database: StateDatabase; readonly log: FileSync },
  close: () => void,
): State {
  return {
    folder,
    database,
    syncLog: log.sync,
    readPrivate: (name) => readPrivateFile(join(folder, name)),
    writePrivate: (name, bytes) => writeFileWhole(join(folder, name), bytes, 0o600),
    remove(name) {
      const path = join(folder, name);
      if (statSync(path, { throwIfNoEntry: false }) !== undefined) {
        unlinkSync(path);
        syncFolder(dirname(path));
      }
    },
    close,
  };
}
