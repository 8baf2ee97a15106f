import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, systemRandom } from '../../src/base/index.ts';
import { caOptions } from '../../src/ca/options.ts';
import { parseSpiffeId, parseTrustDomain } from '../../src/identity/index.ts';
import { createIssuer } from '../../src/issuer/index.ts';
import { openState } from '../../src/store/index.ts';

/**
 * A root is rotated and tainted while many identities are kept: how long until each has a new certificate,
 * and how long the turns of the event loop were meanwhile, which is what anything else in the process waits for.
 * Usage: node bench/identity/taint.ts [identities]
 */
const COUNT = Number(process.argv[2] ?? 10_000);
const P99 = 0.99;

const folder = mkdtempSync(join(tmpdir(), 'sp-bench-'));
const state = openState(join(folder, 'state'));
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
print('memory, MiB', process.memoryUsage().rss / 2 ** 20);
issuer.stop();
state.close();
rmSync(folder, { recursive: true });

function print(label: string, value: number): void {
  process.stdout.write(`${label}: ${value.toFixed(1)}\n`);
}
