import { fork } from 'node:child_process';
import { checkLatencies, type Latencies } from './check-latencies.ts';

/** Asks Checks all the time, from a process of its own. */
export interface CheckClient {
  /** Since the start, or since this was asked for last. */
  latencies(): Promise<Latencies>;
  stop(): void;
}

export async function startCheckClient(socketPath: string): Promise<CheckClient> {
  const child = fork(import.meta.filename, [socketPath]);
  const answer = (): Promise<Latencies> => new Promise((resolve) => child.once('message', resolve));
  await answer();
  return {
    latencies() {
      const next = answer();
      child.send('latencies');
      return next;
    },
    stop: () => void child.kill(),
  };
}

if (process.send !== undefined && process.argv[1] === import.meta.filename) {
  const [, , path = ''] = process.argv;
  process.send({});
  for (;;) {
    const asked = new Promise((resolve) => process.once('message', resolve));
    process.send(await checkLatencies(path, asked));
  }
}
