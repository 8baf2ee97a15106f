/**
 * `npm run mutate`: puts one small mistake after the other into the files that judge, and sees whether the unit
 * tests notice. Usage: `npm run mutate -- [--sample COUNT] [--seed NUMBER] [--at-once COUNT] [part of a path]`;
 * without `--sample` all. Prints what lives without an entry in `equivalent.yaml`, and the entries that are not true
 * any more. Ends with 1 when under 90 % were noticed, explained or not, and when all were tried and one that is not
 * explained lives.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { keyOf, readEquivalent } from './equivalent.ts';
import { type Mutant, mutantsOf, mutated } from './mutants.ts';
import type { Outcome, Trial } from './try-mutants.ts';

const FILES = ['src/policy/match/*.ts', 'src/policy/evaluate*.ts', 'src/policy/istio/lower*.ts'];
/** The quickest first; those of bad input wait for the clock and are left out. */
const TESTS = [
  ...globSync('test/unit/policy/match/*.test.ts').sort(),
  'test/unit/policy/evaluate.test.ts',
  'test/unit/policy/lower.test.ts',
  'test/unit/policy/authentication.test.ts',
  'test/unit/policy/explain.test.ts',
  'test/unit/policy/vectors.test.ts',
  'test/unit/policy/rejections.test.ts',
  'test/unit/policy/lint.test.ts',
  'test/unit/policy/reference.test.ts',
  'test/unit/policy/rule-index.test.ts',
  'test/unit/policy/compile.test.ts',
];
const KILLED_SHARE_MIN = 0.9;
/** Modules loaded anew are never given back, so a process tries so many and makes room for another. */
const TRIALS_PER_PROCESS = 60;
/** A mutant that runs on is noticed, too. */
const TRIAL_MILLIS = 60_000;

interface Candidate {
  readonly path: string;
  readonly text: string;
  readonly mutant: Mutant;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sample: { type: 'string' },
    seed: { type: 'string', default: '1' },
    'at-once': { type: 'string', default: '2' },
  },
});
const all = candidates(positionals[0] ?? '');
const chosen = values.sample === undefined ? all : sample(all, Number(values.sample), Number(values.seed));
const explained = readEquivalent();
const living = new Set<string>();
const noticed = new Set<string>();
let next = 0;
let done = 0;
const start = performance.now();
await checkThatTestsPass();
await Promise.all(Array.from({ length: Number(values['at-once']) }, tryChosen));
process.exitCode = report() ? 0 : 1;

/** Whether it was good enough. */
function report(): boolean {
  const everyKey = new Set(all.map(({ path, mutant }) => keyOf(path, mutant)));
  for (const [key, file] of explained) {
    if (noticed.has(key)) {
      console.log(`explained, but noticed: ${key}`);
    } else if (!everyKey.has(key) && all.some(({ path }) => path === file)) {
      console.log(`explained, but not there: ${key}`);
    }
  }
  const unexplained = [...living].filter((key) => !explained.has(key)).length;
  const toNotice = noticed.size + unexplained;
  const percent = (part: number, whole: number) => (whole === 0 ? 100 : (part / whole) * 100).toFixed(1);
  console.log(
    `${chosen.length} of ${all.length} mutants (seed ${values.seed}): ${noticed.size} noticed, ${percent(noticed.size, chosen.length)} %; ${living.size} live, ${living.size - unexplained} of them explained: ${percent(noticed.size, toNotice)} % of the others noticed; ${((performance.now() - start) / 1000).toFixed(0)} s`,
  );
  const isWhole = values.sample === undefined && positionals.length === 0;
  return noticed.size >= chosen.length * KILLED_SHARE_MIN && !(isWhole && unexplained > 0);
}

function candidates(part: string): readonly Candidate[] {
  return FILES.flatMap((pattern) => globSync(pattern).sort())
    .filter((path) => path.includes(part))
    .flatMap((path) => {
      const text = readFileSync(path, 'utf8');
      return mutantsOf(path, text).map((mutant) => ({ path, text, mutant }));
    });
}

/** The same for the same seed: drawn by a linear congruential generator (Numerical Recipes). */
function sample(from: readonly Candidate[], count: number, seed: number): readonly Candidate[] {
  const rest = [...from];
  let state = seed;
  return Array.from({ length: Math.min(count, from.length) }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return rest.splice(Math.floor((state / 2 ** 32) * rest.length), 1);
  }).flat();
}

/** Otherwise every mutant would seem to be noticed. */
async function checkThatTestsPass(): Promise<void> {
  const path = 'src/policy/evaluate.ts';
  const trier = newProcess();
  const trial = { id: 0, path, text: readFileSync(path, 'utf8'), testFiles: TESTS };
  const outcome = await tryOn(trier, trial);
  trier.kill('SIGKILL');
  if (outcome?.killedBy !== undefined || outcome === undefined) {
    throw new Error(`the tests fail without any mutant: ${outcome?.killedBy ?? 'took too long'}`);
  }
}

async function tryChosen(): Promise<void> {
  let trier = newProcess();
  let trials = 0;
  for (let at = next++; at < chosen.length; at = next++) {
    const candidate = chosen[at];
    if (candidate === undefined) {
      break;
    }
    if (trials === TRIALS_PER_PROCESS) {
      trier.kill('SIGKILL');
      trier = newProcess();
      trials = 0;
    }
    trials += 1;
    const { path, text, mutant } = candidate;
    const key = keyOf(path, mutant);
    const outcome = await tryOn(trier, { id: at + 1, path, text: mutated(text, mutant), testFiles: TESTS });
    if (outcome !== undefined && outcome.killedBy === undefined) {
      living.add(key);
      if (!explained.has(key)) {
        console.log(`lives: ${path}:${mutant.place} ${mutant.mutation}: ${mutant.line}`);
      }
    } else {
      noticed.add(key);
    }
    if (outcome === undefined) {
      console.log(`ran on or ended: ${path}:${mutant.place} ${mutant.mutation}: ${mutant.line}`);
      trier.kill('SIGKILL');
      trier = newProcess();
      trials = 0;
    }
    done += 1;
    if (done % 50 === 0) {
      console.error(`${done} of ${chosen.length}, ${living.size} live`);
    }
  }
  trier.kill('SIGKILL');
}

function newProcess(): ChildProcess {
  return fork(join(import.meta.dirname, 'try-mutants.ts'), {
    env: { ...process.env, REFERENCE_RUNS: '120', REFERENCE_SEED: '7' },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
}

/** Undefined when it ended or took too long. */
function tryOn(trier: ChildProcess, trial: Trial): Promise<Outcome | undefined> {
  return new Promise((resolve) => {
    const end = (outcome: Outcome | undefined): void => {
      clearTimeout(timer);
      trier.removeAllListeners();
      resolve(outcome);
    };
    const timer = setTimeout(() => end(undefined), TRIAL_MILLIS);
    trier.once('message', (outcome: Outcome) => end(outcome));
    trier.once('exit', () => end(undefined));
    trier.send(trial);
  });
}
