import { readFileSync } from 'node:fs';
import type { PeerProcess } from './peer-credentials.ts';
import { pinByStartTime } from './process-pin.ts';

/**
 * The process of a pid as it would stand at the other end of a Unix socket, by proc_pid_status(5): what
 * SO_PEERCRED tells are its effective ids. Undefined when there is none, or on another system than Linux. For
 * explanations alone: who names a pid proves nothing by it.
 */
export function processOfPid(pid: number): PeerProcess | undefined {
  const pin = pinByStartTime(pid);
  let status: string;
  try {
    status = readFileSync(`/proc/${pid}/status`, 'latin1');
  } catch {
    pin.release();
    return undefined;
  }
  const effective = (name: string): number | undefined => {
    const text = new RegExp(`^${name}:\\s+\\d+\\s+(\\d+)`, 'm').exec(status)?.[1];
    return text === undefined ? undefined : Number(text);
  };
  const [uid, gid] = [effective('Uid'), effective('Gid')];
  return uid === undefined || gid === undefined ? undefined : { pid, uid, gid, ...pin };
}
