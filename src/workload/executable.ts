import type { BigIntStats } from 'node:fs';
import { constants } from 'node:fs';
import { type FileHandle, open, readlink, stat } from 'node:fs/promises';
import { errorCodeOf, errorText } from '../base/index.ts';
import type { ExecutableHashes } from './executable-hash.ts';

/** What could be said about the executable of a process, and why the rest could not. */
export interface ExecutableFacts {
  readonly path: string | undefined;
  readonly sha256: string | undefined;
  /** One for each fact that is missing. */
  readonly missing: readonly string[];
  /** What is missing may be had a little later. */
  readonly isBusy: boolean;
}

/**
 * Looks at `/proc/<pid>/exe` once and takes everything from that one open file. The path counts only when it
 * leads to the same file here: in a mount namespace of its own, anybody can put anything at any path. Without
 * `hashes` nothing is hashed. Never rejects.
 */
export async function readExecutable(
  pid: number,
  hashes: ExecutableHashes | undefined,
): Promise<ExecutableFacts> {
  const link = `/proc/${pid}/exe`;
  let file: FileHandle;
  try {
    file = await open(link, constants.O_RDONLY);
  } catch (error) {
    const reason = `\`${link}\` cannot be read: ${errorText(error)}`;
    return { path: undefined, sha256: undefined, missing: [`path and sha256: ${reason}`], isBusy: false };
  }
  try {
    const stats = await file.stat({ bigint: true });
    const path = await pathOf(link, stats);
    const missing = path === undefined ? ['path: it does not lead to the executable here'] : [];
    let isBusy = false;
    const sha256 = await hashes?.sha256(file.fd, stats).catch((error: unknown) => {
      isBusy = errorCodeOf(error) === 'ERR_WORKLOAD_HASH_BUSY';
      missing.push(`sha256: ${errorText(error)}`);
      return undefined;
    });
    return { path, sha256, missing, isBusy };
  } catch (error) {
    return {
      path: undefined,
      sha256: undefined,
      missing: [`path and sha256: ${errorText(error)}`],
      isBusy: false,
    };
  } finally {
    await file.close();
  }
}

async function pathOf(link: string, stats: BigIntStats): Promise<string | undefined> {
  try {
    const path = await readlink(link);
    const here = await stat(path, { bigint: true });
    return here.dev === stats.dev && here.ino === stats.ino ? path : undefined;
  } catch {
    return undefined;
  }
}
