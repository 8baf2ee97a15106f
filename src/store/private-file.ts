import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { SallyportError } from '../base/index.ts';
import { isOwnedByUs } from './private-folder.ts';

const FILE_BYTES_MAX = 1024 * 1024;

/**
 * The content of a file that only its owner may read, or undefined when there is none. A file that others
 * can read or that another user owns is refused with `ERR_STATE_KEY_OPEN`: it may be known already.
 */
export function readPrivateFile(path: string): Uint8Array | undefined {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return undefined;
    }
    throw unreadable(path, error);
  }
  try {
    const stats = fstatSync(file);
    if ((stats.mode & 0o077) !== 0 || !isOwnedByUs(stats)) {
      throw new SallyportError('ERR_STATE_KEY_OPEN', `key file \`${path}\` is open to other users`, {
        hint: `if nobody else can have read it: \`chmod 600 ${path}\`; otherwise replace the key`,
      });
    }
    if (!stats.isFile() || stats.size > FILE_BYTES_MAX) {
      throw unreadable(path, undefined);
    }
    return new Uint8Array(readFileSync(file));
  } finally {
    closeSync(file);
  }
}

function unreadable(path: string, cause: unknown): SallyportError {
  return new SallyportError('ERR_STATE_KEY_UNREADABLE', `key file \`${path}\` cannot be read`, {
    hint: 'it must be a plain file of the user of sallyport with mode 600',
    ...(cause === undefined ? {} : { cause }),
  });
}
