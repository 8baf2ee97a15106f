import { type Clock, type EventSink, sleep } from '../base/index.ts';
import { createFileHints, type FileHints } from './file-hints.ts';
import { type FolderSource, type Listing, listFolders } from './list-folder.ts';
import { takeUpChange } from './take-up-change.ts';

export interface WatchFoldersOptions {
  readonly clock: Clock;
  readonly events: EventSink;
  /** Called once per change, after it has come to rest, and never twice at the same time. */
  readonly onChange: () => void | Promise<void>;
  /** The signature of what was read last, so that a change before the watch began is seen too. */
  readonly since: string;
  /** How long nothing may have changed; default 100. */
  readonly quietMillis?: number;
  /** How often to look where the file system tells nothing; default 500. */
  readonly pollMillis?: number;
}

export interface FolderWatch {
  /** Resolves when a running `onChange` has ended and nothing more will be called. */
  stop(): Promise<void>;
}

/** After this long without rest, an event says so. */
const RESTLESS_MILLIS = 5000;

/**
 * Watches the files that `readFolders` would read. The file system's events are only a hint to look at
 * once; what counts is the listing, which is also compared at every poll. So a file system without events,
 * a folder that goes and comes back, and a lost event cost time but no change.
 */
export function watchFolders(paths: readonly string[], options: WatchFoldersOptions): FolderWatch {
  const stopping = new AbortController();
  const hints = createFileHints(options.events);
  const watching: Watching = {
    ...options,
    quietMillis: options.quietMillis ?? 100,
    pollMillis: options.pollMillis ?? 500,
    sources: paths.map((path) => ({ path, absentIs: 'error' })),
    hints,
    signal: stopping.signal,
  };
  const ended = run(watching);
  return {
    async stop() {
      stopping.abort();
      hints.close();
      await ended;
    },
  };
}

interface Watching extends WatchFoldersOptions {
  readonly sources: readonly FolderSource[];
  readonly hints: FileHints;
  readonly signal: AbortSignal;
  readonly quietMillis: number;
  readonly pollMillis: number;
}

async function run(watching: Watching): Promise<void> {
  const { clock, hints, signal, pollMillis } = watching;
  let seen = watching.since;
  while (!signal.aborted) {
    const start = clock.monotonicMillis();
    const listing = await listFolders(watching.sources);
    const listingMillis = clock.monotonicMillis() - start;
    hints.watch(listing.folders);
    if (listing.signature !== seen || hints.sawWrite) {
      seen = (await untilQuiet(watching)).signature;
      await takeUpChange(watching, signal);
    }
    await hints.wait(clock, Math.max(pollMillis, 5 * listingMillis), signal);
  }
}

async function untilQuiet({
  clock,
  events,
  hints,
  signal,
  sources,
  quietMillis,
}: Watching): Promise<Listing> {
  const start = clock.monotonicMillis();
  let told = false;
  for (;;) {
    hints.sawWrite = false;
    const before = await listFolders(sources);
    await sleep(clock, quietMillis, signal);
    const after = await listFolders(sources);
    hints.watch(after.folders);
    if ((before.signature === after.signature && !hints.sawWrite) || signal.aborted) {
      return after;
    }
    if (!told && clock.monotonicMillis() - start > RESTLESS_MILLIS) {
      told = true;
      events({
        level: 'warn',
        event: 'config.folders_restless',
        message: 'watched files keep changing, so they are not read yet',
        fields: { folders: sources.map(({ path }) => path) },
      });
    }
  }
}
