/**
 * `npm run mutate`: puts one small mistake after the other into the files that judge, and sees whether the unit
 * tests notice. Usage: `npm run mutate -- [--sample COUNT] [--seed NUMBER] [--at-once COUNT] [part of a path]`;
 * without `--sample` all. Prints what lives, and ends with 1 when under 90 % were noticed.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Mutant, mutantsOf, mutated } from './mutants.ts';
import type { Outcome, Trial } from './try-mutants.ts';

const FILES = ['src/policy/match/*.ts', 'src/policy/evaluate*.ts', 'src/policy/istio/lower*.ts'];
/** The quickest first; those of bad input wait for the clock and are left out. */
const TESTS = [
  ...globSync('test/unit/policy/match/*.test.ts').sort(),
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
const TRIAL_MILLIS = 120_000;

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
let living = 0;
let next = 0;
let done = 0;
const start = performance.now();
await checkThatTestsPass();
await Promise.all(Array.from({ length: Number(values['at-once']) }, tryChosen));
const share = chosen.length === 0 ? 1 : 1 - living / chosen.length;
console.log(
  `${chosen.length} of ${all.length} mutants (seed ${values.seed}), ${chosen.length - living} noticed: ${(share * 100).toFixed(1)} %, ${((performance.now() - start) / 1000).toFixed(0)} s`,
);
process.exitCode = share < KILLED_SHARE_MIN ? 1 : 0;

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
    const outcome = await tryOn(trier, { id: at + 1, path, text: mutated(text, mutant), testFiles: TESTS });
    if (outcome === undefined) {
      trier.kill('SIGKILL');
      trier = newProcess();
      trials = 0;
    } else if (outcome.killedBy === undefined) {
      living += 1;
      const line = text.split('\n')[Number.parseInt(mutant.name, 10) - 1]?.trim();
      console.log(`lives: ${path}:${mutant.name}: ${line}`);
    }
    done += 1;
    if (done % 50 === 0) {
      console.error(`${done} of ${chosen.length}, ${living} live`);
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
