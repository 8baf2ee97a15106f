import { open } from 'node:fs/promises';

/**
 * A function that makes all that was written to a file so far outlive a power cut, off the event loop. Calls that
 * come while a sync runs share the next one, so that a slow disk takes one thread of the pool and no more.
 * Rejects with what the system says.
 */
export function createFileSync(path: string, sync = syncFile): () => Promise<void> {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const request = (): Promise<void> => {
    if (running === undefined) {
      running = sync(path).finally(() => {
        running = undefined;
      });
      return running;
    }
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        return request();
      });
    return next;
  };
  return request;
}

/** Opened anew each time: it is the file of that name that has to be safe. */
async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.datasync();
  } finally {
    await file.close();
  }
}
