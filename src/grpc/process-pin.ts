import { closeSync, readFileSync } from 'node:fs';

/** Holds on to one process, so that another one under the same pid is not taken for it. */
export interface ProcessPin {
  isAlive(): boolean;
  /** From now on `isAlive` is false. */
  release(): void;
}

/** Pid 0 stands for a process of another PID namespace, about which nothing can be read. */
export const NO_PIN: ProcessPin = { isAlive: () => false, release: () => undefined };

/** By a file descriptor that the kernel made for that very process (pidfd_open(2)); closed by `release`. */
export function pinByPidfd(pidfd: number, pid: number): ProcessPin {
  let isOpen = true;
  return {
    isAlive: () => isOpen && pidOfPidfd(pidfd) === pid,
    release() {
      if (isOpen) {
        isOpen = false;
        closeSync(pidfd);
      }
    },
  };
}

/** By the time the process was started, for kernels before 6.5: the same at accept and whenever it is asked. */
export function pinByStartTime(pid: number): ProcessPin {
  let startTime = startTimeOf(pid);
  return {
    isAlive: () => startTime !== undefined && startTimeOf(pid) === startTime,
    release() {
      startTime = undefined;
    },
  };
}

/** The line `Pid:` of proc_pid_fdinfo(5): -1 when the process is gone, 0 in another PID namespace. */
function pidOfPidfd(pidfd: number): number | undefined {
  const text = readText(`/proc/self/fdinfo/${pidfd}`);
  const pid = /^Pid:\s+(-?\d+)$/m.exec(text ?? '')?.[1];
  return pid === undefined ? undefined : Number(pid);
}

/** Field 22 of proc_pid_stat(5), counted after the name, which may hold anything. */
function startTimeOf(pid: number): string | undefined {
  const text = readText(`/proc/${pid}/stat`);
  return text === undefined ? undefined : text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}
