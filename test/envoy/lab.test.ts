import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/index.ts';
import {
  type ChosenRuntime,
  chooseRuntime,
  LAB_ROWS,
  type Lab,
  performRow,
  type RowResult,
  type RuntimeKind,
  startLab,
} from '../../src/lab/index.ts';

/**
 * The lab's own table, each row a test: in containers where an engine answers, else with the local Envoy.
 * LAB_RUNTIME=docker or process decides, ENVOY_VERSION chooses the release.
 */
describe('the lab', () => {
  let chosen: ChosenRuntime;
  let lab: Lab;
  let rotation: Promise<RowResult> | undefined;
  let hasFailed = false;

  beforeAll(async () => {
    const progress = (line: string): void => void process.stderr.write(`${line}\n`);
    chosen = await chooseRuntime({
      kind: wantedRuntime(),
      clock: systemClock,
      ports: new Map(),
      env: process.env,
      projectFolder: process.cwd(),
      platform: process.platform,
      progress,
    });
    const { runtime, envoyVersion } = chosen;
    const { signal } = new AbortController();
    lab = await startLab({ runtime, envoyVersion, clock: systemClock, signal, progress });
    const row = LAB_ROWS.find(({ act }) => act.kind === 'rotation');
    rotation = row === undefined ? undefined : performRow(lab, row);
    rotation?.catch(() => {});
  });

  afterAll(async () => {
    await chosen?.runtime.close({ keepLogs: hasFailed });
    if (hasFailed && chosen !== undefined) {
      process.stderr.write(`logs are kept in ${chosen.runtime.logFolder}\n`);
    }
  });

  it.for(LAB_ROWS)('$title', async (row, { task }) => {
    task.meta.labRuntime = chosen.description;
    const isStarted = row.act.kind === 'rotation' && rotation !== undefined;
    const result = await (isStarted ? rotation : performRow(lab, row));
    hasFailed ||= result?.isAsExpected !== true;
    expect(result?.got).toMatchObject({ ...row.expected, problems: [] });
  });
});

function wantedRuntime(): RuntimeKind | undefined {
  const wanted = process.env['LAB_RUNTIME'];
  return wanted === 'docker' || wanted === 'process' ? wanted : undefined;
}
