import { type BigIntStats, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { type Clock, type EventSink, sleep } from '../base/index.ts';
import { takeUpChange } from './take-up-change.ts';

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
const STATS_AT_ONCE = 64;

/**
 * Looks at a few files again and again: a file that is replaced, as by a rename or by the links of a Kubernetes
 * mount, is seen as well as one that is written. What changes after this call is not missed, so call it before
 * the files are read.
 */
export function watchFiles(paths: readonly string[], options: WatchFilesOptions): FilesWatch {
  const { clock, pollMillis = POLL_MILLIS, quietMillis = QUIET_MILLIS } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  let seen = paths.map((path) => markOf(statSync(path, { bigint: true, throwIfNoEntry: false }))).join('\n');

  const untilQuiet = async (changed: string): Promise<void> => {
    seen = changed;
    for (;;) {
      await sleep(clock, quietMillis, signal);
      const now = await signatureOf(paths);
      if (now === seen || signal.aborted) {
        return;
      }
      seen = now;
    }
  };
  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      await sleep(clock, pollMillis, signal);
      const now = await signatureOf(paths);
      if (now !== seen && !signal.aborted) {
        await untilQuiet(now);
        await takeUpChange(options, signal);
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

/** A few at once: there may be a thousand of them. */
async function signatureOf(paths: readonly string[]): Promise<string> {
  const marks: string[] = [];
  for (let start = 0; start < paths.length; start += STATS_AT_ONCE) {
    const some = paths.slice(start, start + STATS_AT_ONCE);
    marks.push(
      ...(await Promise.all(
        some.map((path) => stat(path, { bigint: true }).then(markOf, () => markOf(undefined))),
      )),
    );
  }
  return marks.join('\n');
}

function markOf(stats: BigIntStats | undefined): string {
  return stats === undefined
    ? 'absent'
    : `${stats.dev}:${stats.ino} ${stats.size} ${stats.mtimeNs} ${stats.ctimeNs} ${stats.mode}`;
}
