/**
 * `npm run bench:policy`, second half: a running Sallyport with 10,000 rules over 1,000 workloads takes up
 * changes while another process asks for verdicts. Prints how long compiling takes, for how long anything held
 * up the event loop, and what the calls saw; ends with 1 when a target is missed.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { startSallyport } from '../../src/app/index.ts';
import { systemClock, systemRandom } from '../../src/base/index.ts';
import type { LoadReport } from './load-client.ts';
import { type LoopReport, watchLoop } from './loop-watch.ts';
import { compileText, INDEXED, policyText, targetOf } from './rules.ts';

const WORKLOADS = 1000;
const RULES_PER_WORKLOAD = 10;
const RELOADS = 5;
const STALL_MILLIS_MAX = 20;
const COMPILE_MILLIS_MAX = 2000;
const RELOAD_WAIT_MILLIS = 120_000;

const SETTINGS = `trustDomain: example.org
stateDir: ./state
listeners:
  authz: [{ name: checks, address: "unix:authz.sock" }]
  admin: { address: "127.0.0.1:0" }
policies: [./policies]
workloads: [./workloads]
`;

const folder = mkdtempSync(join(tmpdir(), 'sp-bench-'));
let missed = 0;
let reloads = 0;
try {
  for (const name of ['policies', 'workloads']) {
    mkdirSync(join(folder, name));
  }
  writeWhole('sallyport.yaml', SETTINGS);
  writeWhole('workloads/all.yaml', numbers(WORKLOADS).map(workloadText).join('---\n'));
  writePolicies(0);
  await measureReloads();
  // Last, for what it leaves behind would weigh on the garbage collector.
  measureCompiling();
} finally {
  rmSync(folder, { recursive: true });
}
process.exitCode = missed > 0 ? 1 : 0;

async function measureReloads(): Promise<void> {
  const running = await startSallyport({
    settingsPath: join(folder, 'sallyport.yaml'),
    clock: systemClock,
    random: systemRandom,
    output: {
      write: (line) => {
        if (line.includes('"config.reload')) {
          reloads += line.includes('"config.reloaded"') ? 1 : Number.NaN;
        }
      },
    },
  });
  try {
    await underLoad('without a change', () => sleep(5000));
    await underLoad(`${RELOADS} reloads`, async () => {
      for (let round = 1; round <= RELOADS; round += 1) {
        const before = reloads;
        writePolicies(round);
        await untilReloaded(before);
      }
    });
  } finally {
    await running.stop();
  }
}

async function underLoad(name: string, work: () => Promise<void>): Promise<void> {
  const client = spawn(
    process.execPath,
    [join(import.meta.dirname, 'load-client.ts'), join(folder, 'authz.sock'), String(WORKLOADS)],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const output = text(client.stdout);
  await sleep(2000);
  const endWatch = watchLoop();
  const start = performance.now();
  await work();
  const seconds = (performance.now() - start) / 1000;
  const loop = endWatch();
  client.stdin.end();
  print(name, seconds, loop, JSON.parse(await output) as LoadReport);
}

function print(name: string, seconds: number, loop: LoopReport, load: LoadReport): void {
  const millis = (value: number) => `${value.toFixed(1)} ms`;
  console.log(`${name}: ${seconds.toFixed(1)} s, load average ${loadavg()[0]?.toFixed(1)}`);
  console.log(
    `  event loop held up at most ${millis(loop.longestMillis)} (${millis(loop.longestBusyMillis)} of them at work; over 20 ms: ${loop.stallsOver20} times)`,
  );
  console.log(
    `  ${load.verdicts} verdicts, ${load.lost} lost, ${load.wrong} wrong; p50 ${millis(load.p50Millis)}, p99 ${millis(load.p99Millis)}, longest ${millis(load.maxMillis)}`,
  );
  const isMissed =
    loop.longestBusyMillis > STALL_MILLIS_MAX || load.lost > 0 || load.wrong > 0 || load.verdicts === 0;
  if (isMissed) {
    missed += 1;
    console.log('  MISSED');
  }
}

/** Once in this thread, to see what it would take from the verdicts there. */
function measureCompiling(): void {
  const yaml = policiesText(0);
  const start = performance.now();
  const set = compileText(yaml);
  const readMillis = performance.now() - start;
  let compileMillis = 0;
  let longestMillis = 0;
  for (const workload of numbers(WORKLOADS)) {
    const work = set.prepare(targetOf(`n${workload % 20}`, `w${workload}`));
    for (let isOver = false; !isOver; ) {
      const before = performance.now();
      isOver = work.next().done === true;
      const millis = performance.now() - before;
      compileMillis += millis;
      longestMillis = Math.max(longestMillis, millis);
    }
  }
  const isMissed = compileMillis > COMPILE_MILLIS_MAX;
  missed += isMissed ? 1 : 0;
  console.log(
    `${WORKLOADS * RULES_PER_WORKLOAD} rules over ${WORKLOADS} workloads, ${(yaml.length / 1e6).toFixed(1)} MB: read and checked in ${readMillis.toFixed(0)} ms, compiled in ${compileMillis.toFixed(0)} ms, longest step ${longestMillis.toFixed(2)} ms${isMissed ? '  MISSED' : ''}`,
  );
}

async function untilReloaded(before: number): Promise<void> {
  const end = performance.now() + RELOAD_WAIT_MILLIS;
  while (reloads === before) {
    if (performance.now() > end) {
      throw new Error('changed files were not taken up in time');
    }
    await sleep(10);
  }
  if (Number.isNaN(reloads)) {
    throw new Error('changed files were refused');
  }
}

function writePolicies(round: number): void {
  writeWhole('policies/all.yaml', policiesText(round));
}

/** As a careful writer does: never half of it. */
function writeWhole(name: string, content: string): void {
  const path = join(folder, name);
  writeFileSync(`${path}.new`, content);
  renameSync(`${path}.new`, path);
}

/** Each round allows another path beside those that the load asks for. */
function policiesText(round: number): string {
  const [paths] = INDEXED;
  return numbers(WORKLOADS)
    .map((workload) =>
      policyText(
        `p${workload}`,
        `n${workload % 20}`,
        `w${workload}`,
        numbers(RULES_PER_WORKLOAD).map((index) =>
          index === 0
            ? `{ to: [{ operation: { paths: [/round/${round}], methods: [GET, POST] } }], from: [{ source: { principals: [example.org/ns/web/sa/frontend] } }] }`
            : (paths?.rule(index) ?? '{}'),
        ),
      ),
    )
    .join('---\n');
}

function workloadText(workload: number): string {
  return `apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: { name: w${workload}, namespace: n${workload % 20} }
spec: { address: 10.${workload >> 8}.${workload & 255}.1, serviceAccount: s${workload}, labels: { app: w${workload} } }
`;
}

function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index);
}
