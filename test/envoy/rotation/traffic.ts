import { setTimeout as sleep } from 'node:timers/promises';
import type { Mesh } from './mesh.ts';

export interface Traffic {
  /** So much fails that going on shows nothing more. */
  isHopeless(): boolean;
  /** Resolves when the last answer is there, and the access log with it. */
  stop(): Promise<{ readonly requests: number; readonly failures: readonly string[] }>;
}

const CALLERS = 2;
const PAUSE_MILLIS = 25;
const HOPELESS = 50;
const LOG_MILLIS = 500;

/** Requests without a break, each on a new connection between the two Envoys. */
export function startTraffic(mesh: Mesh): Traffic {
  let requests = 0;
  let stopped = false;
  const failures: string[] = [];
  const calling = Array.from({ length: CALLERS }, async () => {
    while (!stopped) {
      const status = await mesh.call().catch(String);
      requests += 1;
      if (status !== 200) {
        failures.push(String(status));
      }
      await sleep(PAUSE_MILLIS);
    }
  });
  return {
    isHopeless: () => failures.length >= HOPELESS,
    async stop() {
      stopped = true;
      await Promise.all(calling);
      await sleep(LOG_MILLIS);
      return { requests, failures };
    },
  };
}
