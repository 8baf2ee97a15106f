import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { errorText, LIMITS, SallyportError } from '../base/index.ts';

/**
 * The text of a small file that need not be secret, such as certificates. Throws `ERR_FILE_UNREADABLE` for
 * what is no regular file, cannot be read or is over `LIMITS.smallFileBytes`.
 */
export function readSmallFile(path: string): string {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    throw unreadable(path, `cannot be read: ${errorText(cause)}`);
  }
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) {
      throw unreadable(path, 'is not a regular file');
    }
    if (stats.size > LIMITS.smallFileBytes) {
      throw unreadable(path, `is over ${LIMITS.smallFileBytes} bytes`);
    }
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

function unreadable(path: string, what: string): SallyportError {
  return new SallyportError('ERR_FILE_UNREADABLE', `file \`${path}\` ${what}`, {
    hint: 'check the path and its permissions',
  });
}
