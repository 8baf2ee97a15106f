import { type Clock, sleep } from '../base/index.ts';

const LINES_MAX = 50_000;
const POLL_MILLIS = 10;

/** The lines a service has printed so far, the newest 50,000 of them. */
export interface LineLog {
  /** Takes output as it comes, cut anywhere. */
  write(chunk: string): void;
  lines(): readonly string[];
  /** How many lines there were in all; tells later ones from earlier ones. */
  mark(): number;
  /**
   * What `pick` finds in the first line that it takes, looking again as more come; undefined when
   * `timeoutMillis` pass first. `after` leaves out what was printed before that mark.
   */
  find<T>(
    pick: (line: string) => T | undefined,
    options: { readonly timeoutMillis: number; readonly after?: number },
  ): Promise<T | undefined>;
}

export function createLineLog(clock: Clock): LineLog {
  let lines: string[] = [];
  let dropped = 0;
  let rest = '';
  const search = <T>(pick: (line: string) => T | undefined, after: number): T | undefined => {
    for (const line of lines.slice(Math.max(0, after - dropped))) {
      const found = pick(line);
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
        dropped += lines.length - LINES_MAX;
        lines = lines.slice(-LINES_MAX);
      }
    },
    lines: () => lines,
    mark: () => dropped + lines.length,
    async find(pick, { timeoutMillis, after = 0 }) {
      const end = clock.monotonicMillis() + timeoutMillis;
      for (;;) {
        const found = search(pick, after);
        if (found !== undefined || clock.monotonicMillis() >= end) {
          return found;
        }
        await sleep(clock, POLL_MILLIS);
      }
    },
  };
}
