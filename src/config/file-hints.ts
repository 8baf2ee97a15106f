import { type FSWatcher, watch } from 'node:fs';
import { type Clock, type EventSink, sleep } from '../base/index.ts';
import { isManifestName, type Listing } from './list-folder.ts';

/** What the file system tells by itself: a reason to look at once, never a proof. */
export interface FileHints {
  /** Set by an event for a file that would be read; for writes that leave the signature as it was. */
  sawWrite: boolean;
  /** Watches exactly these folders from now on. */
  watch(folders: Listing['folders']): void;
  /** Until the next hint, `delayMillis` or the signal. */
  wait(clock: Clock, delayMillis: number, signal: AbortSignal): Promise<void>;
  close(): void;
}

export function createFileHints(events: EventSink): FileHints {
  const watchers = new Map<string, FSWatcher>();
  const complain = complainOnce(events);
  let wake = new AbortController();
  let closed = false;
  const hints: FileHints = {
    sawWrite: false,
    watch(folders) {
      const wanted = new Map(folders.map(({ path, id }) => [`${id} ${path}`, path]));
      for (const [key, watcher] of watchers) {
        if (!wanted.has(key)) {
          watcher.close();
          watchers.delete(key);
        }
      }
      for (const [key, path] of wanted) {
        if (!watchers.has(key) && !closed) {
          open(key, path);
        }
      }
    },
    async wait(clock, delayMillis, signal) {
      await sleep(clock, delayMillis, AbortSignal.any([signal, wake.signal]));
      wake = new AbortController();
    },
    close() {
      closed = true;
      hints.watch([]);
    },
  };
  return hints;

  function open(key: string, path: string): void {
    try {
      const watcher = watch(path, { persistent: false }, (_, name) => {
        hints.sawWrite ||= name !== null && isManifestName(name);
        wake.abort();
      });
      watcher.on('error', (error) => {
        watcher.close();
        watchers.delete(key);
        complain(path, error);
        wake.abort();
      });
      watchers.set(key, watcher);
    } catch (error) {
      complain(path, error);
    }
  }
}

/** A folder that has just gone is no news, and one line about missing events is enough. */
function complainOnce(events: EventSink): (path: string, error: unknown) => void {
  let complained = false;
  return (path, error) => {
    if (complained || (error as NodeJS.ErrnoException).code === 'ENOENT') {
      return;
    }
    complained = true;
    events({
      level: 'warn',
      event: 'config.watch_by_polling',
      message: 'the file system tells of no changes, so folders are looked at now and then',
      fields: { folder: path },
      error,
    });
  };
}
