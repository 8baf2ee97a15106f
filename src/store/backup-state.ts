import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errorText, SallyportError } from '../base/index.ts';
import { createPrivate } from './folder-lock.ts';
import { KEYS_FOLDER, type State } from './state.ts';
import { syncFolder, writeFileWhole } from './write-whole.ts';

/** Says in a state folder that it is a copy; removed at the first start from it. */
const MARK = 'backup.json';
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

/**
 * Writes a whole copy of a state that is in use into a new folder, readable by our own user only. It is
 * started from by naming it as `stateDir`. Throws `ERR_STATE_BACKUP`.
 */
export function backupState(state: State, target: string, nowMillis: number): void {
  if (statSync(target, { throwIfNoEntry: false }) !== undefined) {
    throw new SallyportError('ERR_STATE_BACKUP', `\`${target}\` is there already`, {
      hint: 'name a folder that is not there yet',
    });
  }
  const unfinished = `${target}.unfinished`;
  makeUnfinished(unfinished);
  try {
    mkdirSync(join(unfinished, KEYS_FOLDER), { mode: FOLDER_MODE });
    // Keys are kept before the journal names them, so a copy of the journal first never lacks one.
    copyDatabase(state, join(unfinished, 'state.db'));
    const from = join(state.folder, KEYS_FOLDER);
    for (const name of readdirSync(from).filter((one) => !one.startsWith('.'))) {
      writeFileWhole(join(unfinished, KEYS_FOLDER, name), readFileSync(join(from, name)), FILE_MODE);
    }
    const mark = `${JSON.stringify({ takenAt: new Date(nowMillis).toISOString() })}\n`;
    writeFileWhole(join(unfinished, MARK), Buffer.from(mark), FILE_MODE);
    renameSync(unfinished, target);
    syncFolder(dirname(target));
  } catch (cause) {
    rmSync(unfinished, { recursive: true, force: true });
    throw new SallyportError('ERR_STATE_BACKUP', `no backup was written: ${errorText(cause)}`, {
      hint: 'name a folder whose parent can be written by the user of sallyport',
      cause,
    });
  }
}

/** Only a folder that was not there is surely ours: in another one somebody may hold files open already. */
function makeUnfinished(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: FOLDER_MODE });
    mkdirSync(path, { mode: FOLDER_MODE });
  } catch (cause) {
    throw new SallyportError('ERR_STATE_BACKUP', `\`${path}\` cannot be made: ${errorText(cause)}`, {
      hint: 'remove what an earlier backup left there, or name a folder whose parent can be written',
      cause,
    });
  }
}

/** When the copy that this state was started from was taken; once, and undefined for one that is no copy. */
export function takeBackupMark(state: State): string | undefined {
  const mark = state.readPrivate(MARK);
  if (mark === undefined) {
    return undefined;
  }
  state.remove(MARK);
  const found = /"takenAt":"([0-9TZ:.-]{10,40})"/.exec(Buffer.from(mark).toString('utf8'));
  return found?.[1] ?? 'an unknown time';
}

function copyDatabase({ database }: State, path: string): void {
  // SQLite fills an empty file and leaves its mode alone.
  createPrivate(path);
  database.prepare('VACUUM INTO ?').run(path);
}
