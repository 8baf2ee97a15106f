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
 * and how long anything else in the process had to wait meanwhile.
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

const waits: number[] = [];
let last = performance.now();
const watch = setInterval(() => {
  const now = performance.now();
  waits.push(now - last - 1);
  last = now;
}, 1);
const started = performance.now();
const second = nextRound();
await issuer.authority.taint(root);
await second;
const seconds = (performance.now() - started) / 1000;
clearInterval(watch);
waits.sort((a, b) => a - b);
print('new certificates after a taint, seconds', seconds);
print('wait of anything else, p99, milliseconds', waits[Math.floor(waits.length * P99)] ?? 0);
print('wait of anything else, longest, milliseconds', waits.at(-1) ?? 0);
print('memory, MiB', process.memoryUsage().rss / 2 ** 20);
issuer.stop();
state.close();
rmSync(folder, { recursive: true });

function print(label: string, value: number): void {
  process.stdout.write(`${label}: ${value.toFixed(1)}\n`);
}
