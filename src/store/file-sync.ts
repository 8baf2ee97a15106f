import { closeSync, fdatasync, openSync } from 'node:fs';
import { SallyportError } from '../base/index.ts';

/** Makes what was written to a file outlive a power cut, off the event loop. */
export interface FileSync {
  /**
   * Resolves when all that is in the file now does. Rejects with `ERR_STATE_NOT_WRITABLE` from the first failure
   * on, and with what the system says when the file cannot be opened.
   */
  sync(): Promise<void>;
  /** Lets go of the file, after a sync that is under way. */
  close(): void;
}

/** The file as it is opened for a sync: it is synced, then closed. */
export interface SyncedFile {
  sync(done: (error: Error | null) => void): void;
  close(): void;
}

/**
 * After a sync that failed nobody knows what is on the disk, and the next one may say that all is well because the
 * system has forgotten what it could not write; so none succeeds any more. Calls that come while a sync runs share the next one, so that a slow disk takes one thread of the pool and no
 * more. The file is opened at the first call and has to stay the same one.
 */
export function createFileSync(path: string, openFile = openForSync): FileSync {
  let file: SyncedFile | undefined;
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  let failure: Error | undefined;
  let isClosed = false;
  const letGo = (): void => {
    file?.close();
    file = undefined;
  };
  const run = (): Promise<void> =>
    new Promise((resolve, reject) => {
      if (isClosed) {
        throw new Error('the file was closed before it was synced');
      }
      if (failure !== undefined) {
        throw failure;
      }
      file ??= openFile(path);
      file.sync((error) => {
        if (error === null) {
          resolve();
        } else {
          failure = diskFailure(path, error);
          reject(failure);
        }
      });
    });
  const sync = (): Promise<void> => {
    if (running === undefined) {
      running = run().finally(() => {
        running = undefined;
        if (isClosed) {
          letGo();
        }
      });
      return running;
    }
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        return sync();
      });
    return next;
  };
  return {
    sync,
    close() {
      isClosed = true;
      if (running === undefined) {
        letGo();
      }
    },
  };
}

function diskFailure(path: string, cause: Error): SallyportError {
  return new SallyportError('ERR_STATE_NOT_WRITABLE', `\`${path}\` did not reach the disk`, {
    hint: 'look at the disk, then start sallyport again',
    cause,
  });
}

function openForSync(path: string): SyncedFile {
  const file = openSync(path, 'r');
  return {
    sync: (done) => fdatasync(file, done),
    close: () => closeSync(file),
  };
}
