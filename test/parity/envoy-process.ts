import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import type { JsonObject } from '../../src/envoy/index.ts';

export interface EnvoyProcess {
  stop(): Promise<void>;
}

const START_MILLIS_MAX = 60_000;

/** Starts an Envoy and waits until all its addresses answer; rejects with what it printed when it ends before. */
export async function startEnvoy(
  binary: string,
  folder: string,
  config: JsonObject,
  addresses: readonly { readonly host: string; readonly port: number }[],
): Promise<EnvoyProcess> {
  const path = join(folder, 'envoy.json');
  writeFileSync(path, JSON.stringify(config));
  const child = spawn(
    binary,
    [
      '-c',
      path,
      '--use-dynamic-base-id',
      '--concurrency',
      '1',
      '--log-level',
      'error',
      '--drain-time-s',
      '0',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let printed = '';
  child.stderr.on('data', (chunk: Buffer) => {
    printed = `${printed}${chunk.toString()}`.slice(-4000);
  });
  let ended = false;
  const end = new Promise<void>((resolve) => {
    child.once('close', () => {
      ended = true;
      resolve();
    });
  });
  const started = performance.now();
  while (!(await Promise.all(addresses.map(answers))).every(Boolean)) {
    if (ended || performance.now() - started > START_MILLIS_MAX) {
      child.kill('SIGKILL');
      throw new Error(`Envoy does not start:\n${printed}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    async stop() {
      child.kill('SIGKILL');
      await end;
    },
  };
}

function answers(address: { readonly host: string; readonly port: number }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

const PORT_MIN = 15_000;
/** From here on the system takes ports for connections that somebody opens. */
const PORT_MAX = 32_000;

/** Different ports that nobody listens on, and that nobody will take by chance. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const found = new Set<number>();
  while (found.size < count) {
    const port = randomInt(PORT_MIN, PORT_MAX);
    if (await isFree(port)) {
      found.add(port);
    }
  }
  return [...found];
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '0.0.0.0', () => server.close(() => resolve(true)));
  });
}
