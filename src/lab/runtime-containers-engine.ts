import { execFile, spawnSync } from 'node:child_process';
import { hostname } from 'node:os';
import { errorText } from '../base/index.ts';

/** On everything that the lab makes in an engine, so that it can be found again, whatever happened. */
export const RUN_LABEL = 'org.sallyport.lab.run';
const PROCESS_LABEL = 'org.sallyport.lab.process';

const CALL_MILLIS = 30_000;

export interface EngineAnswer {
  readonly isDone: boolean;
  readonly stdout: string;
  /** The last line that says something, for people. */
  readonly lastLine: string;
}

/** Runs the `docker` command; never rejects. */
export function docker(args: readonly string[], timeoutMillis = CALL_MILLIS): Promise<EngineAnswer> {
  return new Promise((resolve) => {
    const options = { timeout: timeoutMillis, maxBuffer: 16 * 1024 * 1024 };
    const child = execFile('docker', args, options, (error, stdout, stderr) => {
      const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => line.trim() !== '');
      const lastLine = lines.at(-1) ?? (error === null ? '' : errorText(error));
      resolve({ isDone: error === null, stdout: stdout.trim(), lastLine });
    });
    child.stdin?.end();
  });
}

export function runLabels(run: string): Readonly<Record<string, string>> {
  return { [RUN_LABEL]: run, [PROCESS_LABEL]: `${hostname()}/${process.pid}` };
}

/** The kinds of things a run leaves in an engine, in the order in which they can be removed. */
const LEFTOVERS = [
  { list: ['ps', '--all', '--quiet'], remove: ['rm', '--force', '--volumes'] },
  { list: ['volume', 'ls', '--quiet'], remove: ['volume', 'rm', '--force'] },
  { list: ['network', 'ls', '--quiet'], remove: ['network', 'rm'] },
] as const;

/** Removes all that a run made. Containers that are on their way are found too, since they are asked for by label. */
export async function removeRun(run: string): Promise<void> {
  for (const { list, remove } of LEFTOVERS) {
    const { stdout } = await docker([...list, '--filter', `label=${RUN_LABEL}=${run}`]);
    if (stdout !== '') {
      await docker([...remove, ...stdout.split('\n')]);
    }
  }
}

/** The same for a process that is about to end and cannot wait any more. */
export function removeRunNow(run: string): void {
  for (const { list, remove } of LEFTOVERS) {
    const { stdout } = spawnSync('docker', [...list, '--filter', `label=${RUN_LABEL}=${run}`], {
      encoding: 'utf8',
      timeout: CALL_MILLIS,
    });
    if (typeof stdout === 'string' && stdout.trim() !== '') {
      spawnSync('docker', [...remove, ...stdout.trim().split('\n')], { timeout: CALL_MILLIS });
    }
  }
}

/** Removes what labs left whose process was killed before it could do so itself. */
export async function removeAbandonedRuns(): Promise<void> {
  const format = `{{.Label "${RUN_LABEL}"}} {{.Label "${PROCESS_LABEL}"}}`;
  const runs = new Map<string, string>();
  for (const { list } of LEFTOVERS) {
    const [kind, ...rest] = list.filter((word) => word !== '--quiet');
    const { stdout } = await docker([
      kind ?? '',
      ...rest,
      '--filter',
      `label=${RUN_LABEL}`,
      '--format',
      format,
    ]);
    for (const line of stdout.split('\n')) {
      const [run, owner] = line.split(' ');
      if (run !== undefined && run !== '' && owner !== undefined) {
        runs.set(run, owner);
      }
    }
  }
  for (const [run, owner] of runs) {
    if (isAbandoned(owner)) {
      await removeRun(run);
    }
  }
}

/** Another machine may share the engine; its processes cannot be seen from here. */
function isAbandoned(owner: string): boolean {
  const [host, pid] = owner.split('/');
  if (host !== hostname()) {
    return false;
  }
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}
