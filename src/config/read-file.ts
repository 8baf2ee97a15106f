import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { type Checked, errorText, LIMITS } from '../base/index.ts';
import { type ManifestFile, manifestFileOf } from '../manifest/index.ts';
import { fileProblem } from './file-problem.ts';

/**
 * Reads one file of at most `LIMITS.manifestFileBytes`. Anything but a regular file is refused: a pipe
 * would never end.
 */
export async function readBoundedFile(path: string): Promise<Checked<ManifestFile>> {
  try {
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      if (!(await handle.stat()).isFile()) {
        return refuse(path, 'is not a regular file');
      }
      const bytes = Buffer.alloc(Math.min((await handle.stat()).size, LIMITS.manifestFileBytes) + 1);
      let length = 0;
      for (;;) {
        const { bytesRead } = await handle.read(bytes, length, bytes.length - length);
        length += bytesRead;
        if (bytesRead === 0 || length === bytes.length) {
          break;
        }
      }
      return length > LIMITS.manifestFileBytes
        ? tooLarge(path)
        : manifestFileOf(path, bytes.subarray(0, length));
    } finally {
      await handle.close();
    }
  } catch (error) {
    return refuse(path, `cannot be read: ${errorText(error)}`);
  }
}

function tooLarge(path: string): Checked<ManifestFile> {
  return {
    value: undefined,
    diagnostics: [
      fileProblem(path, 'ERR_LIMIT_EXCEEDED', `file is over ${LIMITS.manifestFileBytes} bytes`, 'split it'),
    ],
  };
}

function refuse(path: string, what: string): Checked<ManifestFile> {
  return {
    value: undefined,
    diagnostics: [
      fileProblem(path, 'ERR_FILE_UNREADABLE', `file ${what}`, 'check the path and its permissions'),
    ],
  };
}
