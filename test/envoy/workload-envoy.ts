import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { expect, onTestFinished } from 'vitest';
import {
  type EnvoyVersion,
  type JsonObject,
  makeWorkloadBootstrap,
  type WorkloadEnvoy,
} from '../../src/envoy/index.ts';
import { envoyArguments } from '../../src/lab/envoy-arguments.ts';
import type { Site } from '../service/app/bed.ts';
import { envoyAtHand } from './envoy-at-hand.ts';

/** A port of the Envoy: everything but what all ports share. */
export type PortOf = Pick<WorkloadEnvoy, 'mode' | 'transport' | 'filters'> & { readonly port: number };

export interface RunningEnvoy {
  readonly release: string;
  /** What it printed: its access log, and what it warns of. */
  readonly output: () => string;
}

/**
 * One Envoy with a listener for each port, made as the command makes one, in front of a service that answers
 * with the headers that came to it. Certificates come from the site's Sallyport. Ended with the test.
 */
export async function startWorkloadEnvoy(
  version: EnvoyVersion,
  site: Site,
  ports: readonly PortOf[],
): Promise<RunningEnvoy> {
  const upstream = await startEcho();
  const bootstraps = ports.map(({ port, ...rest }) =>
    makeWorkloadBootstrap({
      ...rest,
      workload: 'shop/orders',
      address: { kind: 'tcp', host: '127.0.0.1', port },
      pathNormalization: 'BASE',
      upstream: { endpoint: { kind: 'tcp', host: '127.0.0.1', port: upstream }, protocol: 'http1' },
      secrets: { kind: 'unix', path: site.path('run', 'web.sock') },
    }),
  );
  const file = site.path(`envoy-${version}.json`);
  writeFileSync(file, JSON.stringify(joined(bootstraps)));
  const envoy = await envoyAtHand(version);
  const child = spawn(envoy.path, envoyArguments(file), { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise((resolve) => child.once('close', resolve));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (part: Buffer) => {
      output += part.toString();
    });
  }
  const allOpen = async () => (await Promise.all(ports.map(({ port }) => isOpen(port)))).every(Boolean);
  const failed = ended.then(() => Promise.reject(new Error(`Envoy ended: ${output}`)));
  await Promise.race([failed, expect.poll(allOpen, { timeout: 20_000, interval: 50 }).toBe(true)]);
  failed.catch(() => undefined);
  return { release: envoy.release, output: () => output };
}

/** The first bootstrap with the listeners of all. */
function joined(bootstraps: readonly JsonObject[]): JsonObject {
  const resources = bootstraps.map(
    ({ static_resources: one }) => one as { readonly listeners: readonly JsonObject[] },
  );
  const listeners = resources.flatMap((one) => one.listeners);
  return { ...bootstraps[0], static_resources: { ...resources[0], listeners } };
}

async function startEcho(): Promise<number> {
  const server = createServer((request, response) => response.end(JSON.stringify(request.headers)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
