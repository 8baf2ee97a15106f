import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { SallyportError } from '../base/index.ts';
import { isOwnedByUs } from './private-folder.ts';

/**
 * The content of a file that only its owner may read, or undefined when there is none. A file that others
 * can read or that another user owns is refused with `ERR_STATE_KEY_OPEN`: it may be known already.
 */
export function readPrivateFile(path: string): Uint8Array | undefined {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return undefined;
    }
    throw new SallyportError('ERR_STATE_KEY_UNREADABLE', `key file \`${path}\` cannot be read`, {
      hint: 'it must belong to the user of sallyport and have mode 600',
      cause: error,
    });
  }
  try {
    const stats = fstatSync(file);
    if ((stats.mode & 0o077) !== 0 || !isOwnedByUs(stats)) {
      throw new SallyportError('ERR_STATE_KEY_OPEN', `key file \`${path}\` is open to other users`, {
        hint: `if nobody else can have read it: \`chmod 600 ${path}\`; otherwise replace the key`,
      });
    }
    return new Uint8Array(readFileSync(file));
  } finally {
    closeSync(file);
  }
}
