import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const LINES = 5000;

/** Logs and then ends at once, in one of the ways a process can. */
async function linesBefore(ending: string): Promise<readonly string[]> {
  const program = `
    import { systemClock } from './src/base/index.ts';
    import { createLogSink, standardOutput } from './src/observe/index.ts';
    const log = createLogSink({ level: 'info', destination: standardOutput(), clock: systemClock });
    for (let n = 0; n < ${LINES}; n += 1) {
      log.sink({ level: 'info', event: 'test.line', message: 'm', fields: { n } });
    }
    ${ending}`;
  const child = promisify(execFile)(process.execPath, ['--input-type=module-typescript', '--eval', program], {
    maxBuffer: 64 * 1024 * 1024,
  });
  const { stdout } = await child.catch((error: { readonly stdout: string }) => error);
  return stdout.split('\n').slice(0, -1);
}

describe('standardOutput', () => {
  it.each(['process.exit(3);', '', 'log.flush(); process.kill(process.pid, "SIGKILL");'])(
    'loses no line when a process ends by `%s`',
    async (ending) => {
      const lines = await linesBefore(ending);
      expect(lines.length).toBe(LINES);
      expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ event: 'test.line', n: LINES - 1 });
    },
  );
});
