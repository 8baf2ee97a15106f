import type { Socket } from 'node:net';
import { errorText } from '../base/index.ts';
import type { CallerProcess } from './caller.ts';
import { NO_PIN, pinByPidfd, pinByStartTime } from './process-pin.ts';

/** Reads from the kernel who is at the other end of a Unix socket. */
export interface PeerCredentials {
  /** To be called when the connection is accepted. Undefined when the kernel does not say. */
  read(socket: Socket): PeerProcess | undefined;
}

export interface PeerProcess extends CallerProcess {
  /** To be called when the connection is closed. */
  release(): void;
}

export type PeerCredentialsLoading =
  | { readonly ok: true; readonly credentials: PeerCredentials }
  | { readonly ok: false; readonly reason: string };

type GetSockOpt = (fd: number, level: number, name: number, value: Buffer, length: number[]) => number;

/** Numbers of socket(7) on these machines; others number them differently. */
const ARCHITECTURES: readonly string[] = ['x64', 'arm64', 'riscv64', 'loong64'];
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
/** Linux 6.5. */
const SO_PEERPIDFD = 77;
/** pid, uid and gid, four bytes each. */
const UCRED_BYTES = 12;
const INT_BYTES = 4;

/** Finds `getsockopt` of the C library in this process. Never rejects. */
export async function loadPeerCredentials(): Promise<PeerCredentialsLoading> {
  if (process.platform !== 'linux' || !ARCHITECTURES.includes(process.arch)) {
    return { ok: false, reason: `not known on ${process.platform} ${process.arch}` };
  }
  try {
    const { load } = await import('koffi');
    const getSockOpt = load(null).func(
      'int getsockopt(int fd, int level, int name, _Out_ void *value, _Inout_ uint32_t *length)',
    ) as GetSockOpt;
    return { ok: true, credentials: { read: (socket) => readPeer(socket, getSockOpt) } };
  } catch (error) {
    return { ok: false, reason: errorText(error) };
  }
}

function readPeer(socket: Socket, getSockOpt: GetSockOpt): PeerProcess | undefined {
  const fd = descriptorOf(socket);
  const credentials = fd === undefined ? undefined : option(fd, SO_PEERCRED, UCRED_BYTES, getSockOpt);
  if (fd === undefined || credentials === undefined) {
    return undefined;
  }
  const pid = credentials.readInt32LE(0);
  const pidfd = pid === 0 ? undefined : option(fd, SO_PEERPIDFD, INT_BYTES, getSockOpt)?.readInt32LE(0);
  const pin = pid === 0 ? NO_PIN : pidfd === undefined ? pinByStartTime(pid) : pinByPidfd(pidfd, pid);
  return { pid, uid: credentials.readUInt32LE(4), gid: credentials.readUInt32LE(8), ...pin };
}

function option(fd: number, name: number, bytes: number, getSockOpt: GetSockOpt): Buffer | undefined {
  const value = Buffer.alloc(bytes);
  const length = [bytes];
  return getSockOpt(fd, SOL_SOCKET, name, value, length) === 0 && length[0] === bytes ? value : undefined;
}

/** Node keeps the descriptor on its handle and names no other way to it. */
function descriptorOf(socket: Socket): number | undefined {
  const { _handle: handle } = socket as unknown as { readonly _handle?: { readonly fd?: unknown } | null };
  const fd = handle?.fd;
  return typeof fd === 'number' && fd >= 0 ? fd : undefined;
}
