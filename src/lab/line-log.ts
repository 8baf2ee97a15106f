import { type Clock, sleep } from '../base/index.ts';

const LINES_MAX = 50_000;
const POLL_MILLIS = 10;

/** The lines a service has printed so far, the newest 50,000 of them. */
export interface LineLog {
  /** Takes output as it comes, cut anywhere. */
  write(chunk: string): void;
  lines(): readonly string[];
  /** What `pick` finds in the lines, looking again as more come; undefined when `timeoutMillis` pass first. */
  find<T>(pick: (line: string) => T | undefined, timeoutMillis: number): Promise<T | undefined>;
}

export function createLineLog(clock: Clock): LineLog {
  let lines: string[] = [];
  let rest = '';
  const search = <T>(pick: (line: string) => T | undefined): T | undefined => {
    for (let index = lines.length - 1; index >= 0; index -= 1) {
      const found = pick(lines[index] ?? '');
      if (found !== undefined) {
        return found;
      }
    }
    return undefined;
  };
  return {
    write(chunk) {
      const parts = `${rest}${chunk}`.split('\n');
      rest = parts.pop() ?? '';
      lines.push(...parts);
      if (lines.length > LINES_MAX) {
        lines = lines.slice(-LINES_MAX);
      }
    },
    lines: () => lines,
    async find(pick, timeoutMillis) {
      const end = clock.monotonicMillis() + timeoutMillis;
      for (;;) {
        const found = search(pick);
        if (found !== undefined || clock.monotonicMillis() >= end) {
          return found;
        }
        await sleep(clock, POLL_MILLIS);
      }
    },
  };
}
