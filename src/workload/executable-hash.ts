import type { BigIntStats } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { type Clock, LIMITS, SallyportError } from '../base/index.ts';

/** Hashes of executables, each made once for as long as the file stays the same. */
export interface ExecutableHashes {
  /**
   * Of an open file, lower-case hex. Rejects with `ERR_LIMIT_EXCEEDED` for a file that is too large, and with
   * `ERR_WORKLOAD_HASH_BUSY` when too many wait already.
   */
  sha256(fd: number, stats: BigIntStats): Promise<string>;
}

const AT_ONCE_MAX = 2;
const WAITING_MAX = 64;
const KEPT_MAX = 1000;
/** A file that changed later than this may change again without its times telling. */
const SETTLED_MILLIS = 2000;
/** Beside this file, as source and once built. */
const WORKER = new URL(`./hash-worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

export function createExecutableHashes(
  clock: Clock,
  bytesMax: number = LIMITS.executableBytes,
): ExecutableHashes {
  const known = new Map<string, Promise<string>>();
  const waiting: (() => void)[] = [];
  let running = 0;

  async function hash(fd: number, bytes: number): Promise<string> {
    if (running >= AT_ONCE_MAX) {
      if (waiting.length >= WAITING_MAX) {
        throw new SallyportError('ERR_WORKLOAD_HASH_BUSY', 'too many executables are being hashed');
      }
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else {
      running += 1;
    }
    try {
      return await inThread(fd, bytes);
    } finally {
      const next = waiting.shift();
      if (next === undefined) {
        running -= 1;
      } else {
        next();
      }
    }
  }

  return {
    async sha256(fd, stats) {
      if (stats.size > bytesMax) {
        throw new SallyportError('ERR_LIMIT_EXCEEDED', `an executable is over ${bytesMax} bytes`);
      }
      if (clock.nowMillis() - Number(stats.ctimeMs) < SETTLED_MILLIS) {
        return hash(fd, Number(stats.size));
      }
      // The time of the last change cannot be set, so equal stamps mean equal content.
      const stamp = `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeNs}:${stats.ctimeNs}`;
      let made = known.get(stamp);
      if (made === undefined) {
        made = hash(fd, Number(stats.size));
        dropOldest(known);
        known.set(stamp, made);
        made.catch(() => known.delete(stamp));
      }
      return made;
    },
  };
}

function inThread(fd: number, bytes: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(WORKER, { workerData: { fd, bytes } });
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(new SallyportError('ERR_INTERNAL', 'a thread ended without a hash')));
  });
}

function dropOldest(known: Map<string, unknown>): void {
  const [oldest] = known.keys();
  if (known.size >= KEPT_MAX && oldest !== undefined) {
    known.delete(oldest);
  }
}
