import {
  accessSync,
  chmodSync,
  constants,
  mkdirSync,
  readdirSync,
  type Stats,
  statSync,
  unlinkSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { errorText, SallyportError } from '../base/index.ts';
import { syncFolder, UNFINISHED } from './write-whole.ts';

const FOLDER_MODE = 0o700;

/**
 * Makes the folder (0700, parents too) or checks the one that is there: ours, for nobody else, writable.
 * Throws `ERR_STATE_*`.
 */
export function ensurePrivateFolder(path: string): void {
  const found = statOf(path);
  if (found === undefined) {
    makeFolder(path);
    return;
  }
  if (!found.isDirectory()) {
    throw new SallyportError('ERR_STATE_NOT_WRITABLE', `state folder \`${path}\` is not a folder`, {
      hint: 'set `stateDir` to a folder, or to a path where one can be made',
    });
  }
  if (!isOwnedByUs(found)) {
    throw new SallyportError('ERR_STATE_OPEN', `state folder \`${path}\` belongs to another user`, {
      hint: `\`chown -R "$(id -u)" ${path}\``,
    });
  }
  if ((found.mode & 0o077) !== 0) {
    throw new SallyportError('ERR_STATE_OPEN', `state folder \`${path}\` can be entered by other users`, {
      hint: `\`chmod 700 ${path}\``,
    });
  }
  try {
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw notWritable(path, error);
  }
}

/** Removes what a crash left unfinished. */
export function sweepUnfinished(path: string): void {
  for (const name of readdirSync(path)) {
    if (UNFINISHED.test(name)) {
      unlinkSync(join(path, name));
    }
  }
}

/** Whether the user that owns a file is the one we run as, or root, who can read everything anyway. */
export function isOwnedByUs(stats: Stats): boolean {
  return process.getuid === undefined || stats.uid === process.getuid() || stats.uid === 0;
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: FOLDER_MODE });
    chmodSync(path, FOLDER_MODE);
    syncFolder(dirname(path));
  } catch (error) {
    throw notWritable(path, error);
  }
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw notWritable(path, error);
  }
}

function notWritable(path: string, cause: unknown): SallyportError {
  return new SallyportError(
    'ERR_STATE_NOT_WRITABLE',
    `state folder \`${path}\` cannot be written: ${errorText(cause)}`,
    { hint: 'set `stateDir` to a folder that the user of sallyport owns', cause },
  );
}
