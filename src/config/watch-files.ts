import { statSync } from 'node:fs';
import { type Clock, type EventSink, sleep } from '../base/index.ts';

export interface WatchFilesOptions {
  readonly clock: Clock;
  readonly events: EventSink;
  /** Called once per change, after it has come to rest, and never twice at the same time. */
  readonly onChange: () => void | Promise<void>;
  /** How often to look; default 1 s. */
  readonly pollMillis?: number;
  /** How long nothing may have changed; default 100. */
  readonly quietMillis?: number;
}

export interface FilesWatch {
  /** Resolves when a running `onChange` has ended and nothing more will be called. */
  stop(): Promise<void>;
}

const POLL_MILLIS = 1000;
const QUIET_MILLIS = 100;

/**
 * Looks at a few files again and again: a file that is replaced, as by a rename or by the links of a Kubernetes
 * mount, is seen as well as one that is written. What changes after this call is not missed, so call it before
 * the files are read.
 */
export function watchFiles(paths: readonly string[], options: WatchFilesOptions): FilesWatch {
  const { clock, pollMillis = POLL_MILLIS, quietMillis = QUIET_MILLIS } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  let seen = signatureOf(paths);

  const untilQuiet = async (changed: string): Promise<void> => {
    seen = changed;
    for (;;) {
      await sleep(clock, quietMillis, signal);
      const now = signatureOf(paths);
      if (now === seen || signal.aborted) {
        return;
      }
      seen = now;
    }
  };
  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      await sleep(clock, pollMillis, signal);
      const now = signatureOf(paths);
      if (now !== seen && !signal.aborted) {
        await untilQuiet(now);
        await change(options, signal);
      }
    }
  };
  const ended = run();
  return {
    async stop() {
      stopping.abort();
      await ended;
    },
  };
}

async function change({ onChange, events }: WatchFilesOptions, signal: AbortSignal): Promise<void> {
  if (signal.aborted) {
    return;
  }
  try {
    await onChange();
  } catch (error) {
    events({
      level: 'error',
      event: 'config.change_failed',
      message: 'a change of watched files could not be taken up',
      error,
    });
  }
}

function signatureOf(paths: readonly string[]): string {
  return paths.map(markOf).join('\n');
}

function markOf(path: string): string {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stats === undefined
    ? 'absent'
    : `${stats.dev}:${stats.ino} ${stats.size} ${stats.mtimeNs} ${stats.ctimeNs} ${stats.mode}`;
}
