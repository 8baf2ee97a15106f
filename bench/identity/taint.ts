import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startSallyport } from '../../src/app/index.ts';
import { systemClock, systemRandom } from '../../src/base/index.ts';
import { caOptions } from '../../src/ca/options.ts';
import { parseSpiffeId, parseTrustDomain } from '../../src/identity/index.ts';
import { createIssuer } from '../../src/issuer/index.ts';
import { openState } from '../../src/store/index.ts';
import { startCheckClient } from './check-client.ts';
import type { Latencies } from './check-latencies.ts';
import { writeSite } from './stream-site.ts';

/**
 * A root is rotated and tainted while many identities are kept: how long until each has a new certificate, how
 * long the turns of the event loop were meanwhile, and how long the Checks took that another process asked of a
 * whole Sallyport in this one.
 * Usage: node bench/identity/taint.ts [identities]
 */
const COUNT = Number(process.argv[2] ?? 10_000);
const P99 = 0.99;
const QUIET_MILLIS = 3000;

const folder = mkdtempSync(join(tmpdir(), 'sp-bench-'));
const sallyport = await startSallyport({
  settingsPath: writeSite(folder, 0),
  clock: systemClock,
  random: systemRandom,
  output: { write: () => undefined },
});
const state = openState(join(folder, 'identities'));
const issuer = await createIssuer({
  state,
  trustDomain: parseTrustDomain('example.org'),
  options: caOptions.parse({}),
  clock: systemClock,
  random: systemRandom,
  events: () => {},
});
let renewed = 0;
let allRenewed = (): void => undefined;
const nextRound = (): Promise<void> =>
  new Promise((resolve) => {
    allRenewed = resolve;
  });

const first = nextRound();
for (let index = 0; index < COUNT; index += 1) {
  const spiffeId = parseSpiffeId(`spiffe://example.org/ns/bench/sa/w${index}`);
  issuer.keep({ spiffeId, dnsNames: [], ttlSeconds: undefined }, () => {
    renewed += 1;
    if (renewed % COUNT === 0) {
      allRenewed();
    }
  });
}
await first;
const root = issuer.authority.show().find(({ kind }) => kind === 'root')?.id ?? '';
await issuer.authority.prepare('root');
await issuer.authority.activate('root');

const checks = await startCheckClient(join(folder, 'run', 'authz.sock'));
await sleep(QUIET_MILLIS);
tellChecks('nothing happens', await checks.latencies());

const turns: { readonly clock: number; readonly processor: number }[] = [];
let last = performance.now();
let lastCpu = process.threadCpuUsage();
let watching = true;
const watch = (): void => {
  const now = performance.now();
  const { user, system } = process.threadCpuUsage(lastCpu);
  turns.push({ clock: now - last, processor: (user + system) / 1000 });
  last = now;
  lastCpu = process.threadCpuUsage();
  if (watching) {
    setImmediate(watch);
  }
};
const started = performance.now();
const startedCpu = process.cpuUsage();
const second = nextRound();
await issuer.authority.taint(root);
setImmediate(watch);
await second;
const seconds = (performance.now() - started) / 1000;
const { user, system } = process.cpuUsage(startedCpu);
watching = false;
const busy = await checks.latencies();
checks.stop();
print('new certificates after a taint, seconds', seconds);
print('new certificates after a taint, processor seconds', (user + system) / 1_000_000);
for (const by of ['clock', 'processor'] as const) {
  const sorted = turns.map((turn) => turn[by]).sort((a, b) => a - b);
  print(
    `a turn of the event loop by the ${by}, p99, milliseconds`,
    sorted[Math.floor(sorted.length * P99)] ?? 0,
  );
  print(`a turn of the event loop by the ${by}, longest, milliseconds`, sorted.at(-1) ?? 0);
}
tellChecks('certificates are issued', busy);
print('memory, MiB', process.memoryUsage().rss / 2 ** 20);
issuer.stop();
state.close();
await sallyport.stop();
rmSync(folder, { recursive: true });

function tellChecks(when: string, { count, p50, p99, longest }: Latencies): void {
  print(`${count} Checks while ${when}, p50, milliseconds`, p50);
  print(`${count} Checks while ${when}, p99, milliseconds`, p99);
  print(`${count} Checks while ${when}, longest, milliseconds`, longest);
}

function print(label: string, value: number): void {
  process.stdout.write(`${label}: ${value.toFixed(1)}\n`);
}
