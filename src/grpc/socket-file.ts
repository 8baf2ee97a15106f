import { access, chmod, chown, lstat, rename, unlink } from 'node:fs/promises';
import { connect, type Server } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { checkUnixPath, errorText, type Random, randomHex, SallyportError } from '../base/index.ts';
import type { SocketOwner } from './options.ts';

export interface SocketFileOptions {
  readonly path: string;
  readonly mode: number;
  readonly owner?: SocketOwner | undefined;
  /** True when the caller holds the lock that keeps a second Sallyport away: a dead socket is then ours. */
  readonly mayTakeOver: boolean;
}

export interface SocketFile {
  readonly tookOver: boolean;
  /** Removes the file unless somebody has put another one in its place. */
  remove(): Promise<void>;
}

/** chown(2) takes it for: leave as it is. */
const UNCHANGED = -1;
const NAME_TRIES = 8;
const NAME_LENGTH_MAX = 12;
const CONNECT_MILLIS_MAX = 2000;

/**
 * Lets `server` listen on a Unix socket. The socket is made under another name, closed to everybody, gets
 * its owner and mode, and only then its place by a rename: there is no moment with wider access, and what
 * libuv unlinks at the end is the other name, not whatever stands at `path` by then.
 * Throws `ERR_UNIX_PATH_TOO_LONG`, `ERR_GRPC_ADDRESS_IN_USE` or `ERR_GRPC_LISTEN`.
 */
export async function listenOnSocketFile(
  server: Server,
  options: SocketFileOptions,
  random: Random,
): Promise<SocketFile> {
  const { path, mode, owner, mayTakeOver } = options;
  checkUnixPath(path);
  const tookOver = await checkPlace(path, mayTakeOver);
  const temporary = await listenUnderOtherName(server, path, random);
  try {
    if (owner !== undefined) {
      await chown(temporary, owner.uid ?? UNCHANGED, owner.gid ?? UNCHANGED);
    }
    await chmod(temporary, mode);
    const { dev, ino } = await lstat(temporary);
    await rename(temporary, path);
    return { tookOver, remove: () => removeOwn(path, dev, ino) };
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw listenError(path, error);
  }
}

/** True when a dead socket stands at `path`; throws when anything else does. */
async function checkPlace(path: string, mayTakeOver: boolean): Promise<boolean> {
  const there = await lstat(path).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') {
      return undefined;
    }
    throw listenError(path, error);
  });
  if (there === undefined) {
    // Asked here because libuv turns a missing folder into "no permission".
    await access(dirname(path)).catch((error: unknown) => {
      throw listenError(path, error);
    });
    return false;
  }
  if (!there.isSocket()) {
    throw new SallyportError('ERR_GRPC_LISTEN', `\`${path}\` is there already and is not a socket`, {
      hint: 'choose another path; sallyport removes nothing but a dead socket',
    });
  }
  if (!(await isDead(path)) || !mayTakeOver) {
    throw new SallyportError('ERR_GRPC_ADDRESS_IN_USE', `the socket \`${path}\` is in use`, {
      hint: 'stop the process that listens there, or choose another path',
    });
  }
  return true;
}

/** Only a refused connection proves that nobody listens; silence, a full queue or no permission do not. */
function isDead(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    const settle = (dead: boolean): void => {
      socket.destroy();
      resolve(dead);
    };
    socket.setTimeout(CONNECT_MILLIS_MAX, () => settle(false));
    socket.once('connect', () => settle(false));
    socket.once('error', (error) => settle(errnoOf(error) === 'ECONNREFUSED'));
  });
}

/** The other name is never longer than the real one, so what fits the kernel's limit still does. */
async function listenUnderOtherName(server: Server, path: string, random: Random): Promise<string> {
  const length = Math.min(Buffer.byteLength(basename(path)), NAME_LENGTH_MAX);
  for (let attempt = 1; ; attempt += 1) {
    const name =
      length < 3 ? randomHex(random, 1).slice(0, length) : `.${randomHex(random, 6)}`.slice(0, length);
    const temporary = join(dirname(path), name);
    try {
      await listenClosed(server, temporary);
      return temporary;
    } catch (error) {
      if (errnoOf(error) !== 'EADDRINUSE' || attempt === NAME_TRIES) {
        throw listenError(path, error);
      }
    }
  }
}

/** `listen` binds a path before it returns, so the umask holds for this one file. */
function listenClosed(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const umask = process.umask(0o177);
    try {
      server.listen({ path }, () => {
        server.off('error', reject);
        resolve();
      });
    } finally {
      process.umask(umask);
    }
  });
}

async function removeOwn(path: string, dev: number, ino: number): Promise<void> {
  const there = await lstat(path).catch(() => undefined);
  if (there?.dev === dev && there.ino === ino) {
    await unlink(path).catch(() => undefined);
  }
}

function listenError(path: string, cause: unknown): SallyportError {
  if (cause instanceof SallyportError) {
    return cause;
  }
  const [message, hint] = explain(errnoOf(cause), path) ?? [errorText(cause), 'choose another path'];
  return new SallyportError('ERR_GRPC_LISTEN', `cannot listen on \`${path}\`: ${message}`, { hint, cause });
}

function explain(errno: string | undefined, path: string): readonly [string, string] | undefined {
  switch (errno) {
    case 'ENOENT':
    case 'ENOTDIR':
      return ['its folder is not there', `make the folder \`${dirname(path)}\``];
    case 'EACCES':
      return ['no permission', `let this user write into \`${dirname(path)}\``];
    case 'EPERM':
      return ['this user may not give the socket that owner', 'leave `owner` out, or run with the right to'];
    case 'EROFS':
      return ['its folder is read-only', 'choose a folder that can be written'];
    default:
      return undefined;
  }
}

/** The name of a system error, such as `EADDRINUSE`. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
