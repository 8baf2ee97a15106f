import { access, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../base/index.ts';
import { type ChosenRuntime, chooseRuntime, type RuntimeKind } from './choose-runtime.ts';
import { type Lab, lastLines, startLab } from './lab.ts';
import type { LabRow, RowResult } from './lab-row.ts';
import { nextSteps, type WrittenBundle } from './next-steps.ts';
import { performRow } from './perform.ts';
import { PROXY_NAMES } from './proxies.ts';
import { LAB_ROWS } from './requests.ts';
import type { Runtime } from './runtime.ts';
import { makeTable, rowsAsJson, type Table } from './table.ts';
import { readTrustBundle } from './trust-bundle.ts';

export interface LabOptions {
  /** Ends after the table. */
  readonly once: boolean;
  readonly output: 'text' | 'json';
  readonly runtime: RuntimeKind | undefined;
  /** Chosen ports by `<service>.<port>`, such as `edge.http`. */
  readonly ports: ReadonlyMap<string, number>;
}

/** The world of the lab: where it prints, what it finds, and when it has to stop. */
export interface LabWorld {
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** Envoys are kept in its `.sallyport`. */
  readonly projectFolder: string;
  readonly isColored: boolean;
  /** Results. */
  readonly print: (text: string) => void;
  /** Everything else that people want to see. */
  readonly tell: (text: string) => void;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/**
 * Runs the lab. Resolves with the exit code: 0, or 1 when a row differs or the lab was stopped before the
 * table was done. Throws `SallyportError` when it cannot be started; nothing is left running then.
 */
export async function runLab(options: LabOptions, world: LabWorld): Promise<number> {
  const { signal, tell } = world;
  const chosen = await chooseRuntime({
    ...world,
    kind: options.runtime,
    ports: options.ports,
    progress: (line) => tell(`${line}\n`),
  });
  const { runtime } = chosen;
  let keepLogs = true;
  try {
    signal.throwIfAborted();
    tell(`runtime: ${chosen.description}\n`);
    const results = await runRows(options, world, chosen);
    keepLogs = results.some(({ isAsExpected }) => !isAsExpected);
    return keepLogs || results.length < LAB_ROWS.length ? 1 : 0;
  } catch (error) {
    if (signal.aborted) {
      keepLogs = false;
      return 1;
    }
    throw error;
  } finally {
    tell('stopping everything …\n');
    await runtime.close({ keepLogs });
    if (keepLogs) {
      tell(`logs are kept in ${runtime.logFolder}\n`);
    }
  }
}

async function runRows(
  options: LabOptions,
  world: LabWorld,
  chosen: ChosenRuntime,
): Promise<readonly RowResult[]> {
  const { runtime, envoyVersion } = chosen;
  const { clock, signal, tell } = world;
  const lab = await startLab({
    runtime,
    envoyVersion,
    clock,
    signal,
    progress: (line) => tell(`${line}\n`),
  });
  const bundle = await writeBundle(world.projectFolder, runtime);
  const results = await showRows(lab, options, world);
  if (results.some(({ isAsExpected }) => !isAsExpected)) {
    tell(`${SHOWN_WHEN_WRONG.map((name) => lastLines(lab.service(name))).join('\n')}\n`);
  }
  if (!options.once && !signal.aborted) {
    tell(nextSteps(runtime, bundle));
    await untilAborted(signal);
  }
  return results;
}

async function showRows(lab: Lab, options: LabOptions, world: LabWorld): Promise<readonly RowResult[]> {
  const table: Table = makeTable(world.isColored);
  const isText = options.output === 'text';
  const results: RowResult[] = [];
  if (isText) {
    world.print(`\n${table.head()}\n`);
  }
  const early = startEarly(lab);
  const stopped = untilAborted(world.signal);
  for (const row of LAB_ROWS) {
    const running = early.get(row) ?? performRow(lab, row);
    // A row that is given up ends in its own time, on services that are gone.
    running.catch(() => {});
    const result = await Promise.race([running, stopped]);
    if (result === undefined) {
      return results;
    }
    results.push(result);
    if (isText) {
      world.print(`${table.row(result)}\n`);
    }
  }
  world.print(isText ? `\n${table.foot(results)}\n` : rowsAsJson(results));
  return results;
}

function untilAborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve(undefined);
    }
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}

/** Certificates rotate in their own time; the other rows are done meanwhile. */
function startEarly(lab: Lab): ReadonlyMap<LabRow, Promise<RowResult>> {
  const early = LAB_ROWS.filter(({ act }) => act.kind === 'rotation').map(
    (row) => [row, performRow(lab, row)] as const,
  );
  for (const [, result] of early) {
    // Awaited in its turn; until then a failure must not end the process.
    result.catch(() => {});
  }
  return new Map(early);
}

const SHOWN_WHEN_WRONG = ['sallyport', ...PROXY_NAMES] as const;

/** Into the project's `certs` folder when there is one, where `certs/check.sh` looks for it. */
async function writeBundle(projectFolder: string, runtime: Runtime): Promise<WrittenBundle> {
  const pem = await readTrustBundle(runtime.reach('orders', 'admin'));
  const certs = join(projectFolder, 'certs');
  const hasCerts = await access(join(certs, 'check.sh')).then(
    () => true,
    () => false,
  );
  const folder = hasCerts ? certs : runtime.logFolder;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'bundle.pem'), pem);
  return { file: join(folder, 'bundle.pem'), checkScript: hasCerts ? 'certs/check.sh' : undefined };
}
