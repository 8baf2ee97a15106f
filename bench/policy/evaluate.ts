/**
 * `npm run bench:policy`, first half: what a verdict costs by how many rules there are. Each figure is
 * compared with ten rules in the same run; ends with 1 when a target is missed.
 */
import { atOnce } from '../../src/base/index.ts';
import { type Attributes, evaluate, type PolicySet, type Target } from '../../src/policy/index.ts';
import { attributesOf, compileText, INDEXED, policyText, SCANNED, type Shape, targetOf } from './rules.ts';

const FEW = 10;
const MANY = 10_000;
const WORKLOADS = 1000;
const ROUNDS = 20;
/** As many requests in each case, so that they are as far from the processor. */
const REQUESTS = 1000;
const CALLS = 4000;
const SLOW_CALLS = 200;

interface Case {
  readonly set: PolicySet;
  readonly asked: readonly { readonly target: Target; readonly attributes: Attributes }[];
}

interface Cost {
  readonly meanMicros: number;
  readonly p50Micros: number;
  readonly p99Micros: number;
}

let missed = 0;
console.log(`${'microseconds per verdict'.padEnd(46)}    mean     p50     p99   times ten rules   target`);
for (const shape of INDEXED) {
  compare(
    `${MANY} rules on one workload: ${shape.name}`,
    oneWorkload(shape, FEW),
    oneWorkload(shape, MANY),
    3,
  );
}
for (const shape of SCANNED) {
  const cost = measure(oneWorkload(shape, MANY));
  print(`${MANY} rules on one workload: ${shape.name}`, cost, '', 'mean <= 1000', cost.meanMicros <= 1000);
}
const [paths] = INDEXED;
if (paths !== undefined) {
  const few = oneWorkload(paths, FEW);
  const name = `${MANY} rules over ${WORKLOADS} workloads`;
  compare(`${name}, one asked`, few, manyWorkloads(paths, 1), 2);
  compare(`${name}, 50 asked`, few, manyWorkloads(paths, 50), 2);
  compare(`${name}, all asked`, few, manyWorkloads(paths, WORKLOADS), 2);
}
process.exitCode = missed > 0 ? 1 : 0;

/** Every rule is hit once in a while, and as many requests hit none. */
function oneWorkload(shape: Shape, rules: number): Case {
  const target = targetOf('shop', 'orders');
  const asked = Array.from({ length: REQUESTS }, (_, at) => {
    const index = at % 2 === 0 ? Math.floor((at * rules) / REQUESTS) : rules + at;
    return { target, attributes: attributesOf(shape.request(index)) };
  });
  const text = policyText(
    'all',
    'shop',
    'orders',
    Array.from({ length: rules }, (_, index) => shape.rule(index)),
  );
  return { set: compileText(text), asked };
}

/** Requests go to the first workloads in turn. */
function manyWorkloads(shape: Shape, workloadsAsked: number): Case {
  const perWorkload = MANY / WORKLOADS;
  const numbers = Array.from({ length: WORKLOADS }, (_, index) => index);
  const text = numbers
    .map((workload) =>
      policyText(
        `p${workload}`,
        `n${workload % 20}`,
        `w${workload}`,
        Array.from({ length: perWorkload }, (_, index) => shape.rule(index)),
      ),
    )
    .join('---\n');
  const targets = numbers.map((workload) => targetOf(`n${workload % 20}`, `w${workload}`));
  const set = compileText(text);
  for (const target of targets) {
    atOnce(set.prepare(target));
  }
  const asked = Array.from({ length: REQUESTS }, (_, at) => ({
    target: targets[at % workloadsAsked] ?? targetOf('', ''),
    attributes: attributesOf(shape.request(Math.floor(at / workloadsAsked + at) % (2 * perWorkload))),
  }));
  return { set, asked };
}

/** Both by turns, so that other work on the machine disturbs both. */
function compare(name: string, few: Case, many: Case, timesMax: number): void {
  const runs = { few: newRun(few), many: newRun(many) };
  for (let round = 0; round < ROUNDS; round += 1) {
    goOn(runs.few, CALLS);
    goOn(runs.many, CALLS);
  }
  const costs = { few: costOf(runs.few), many: costOf(runs.many) };
  const times = costs.many.meanMicros / costs.few.meanMicros;
  print(name, costs.many, times.toFixed(2), `<= ${timesMax}`, times <= timesMax);
}

function measure(one: Case): Cost {
  const run = newRun(one);
  for (let round = 0; round < ROUNDS; round += 1) {
    goOn(run, SLOW_CALLS);
  }
  return costOf(run);
}

function print(name: string, cost: Cost, times: string, target: string, isMet: boolean): void {
  const cell = (micros: number) => micros.toFixed(2).padStart(7);
  missed += isMet ? 0 : 1;
  console.log(
    `${name.padEnd(46)} ${cell(cost.meanMicros)} ${cell(cost.p50Micros)} ${cell(cost.p99Micros)} ${times.padStart(17)}   ${target}${isMet ? '' : '  MISSED'}`,
  );
}

interface Run extends Case {
  bestMicros: number;
  readonly single: number[];
}

function newRun(one: Case): Run {
  return { ...one, bestMicros: Number.POSITIVE_INFINITY, single: [] };
}

function goOn(run: Run, calls: number): void {
  const { set, asked } = run;
  const start = performance.now();
  for (let call = 0; call < calls; call += 1) {
    ask(set, asked[call % asked.length]);
  }
  run.bestMicros = Math.min(run.bestMicros, ((performance.now() - start) * 1000) / calls);
  for (const one of asked.slice(0, SLOW_CALLS)) {
    const before = performance.now();
    ask(set, one);
    run.single.push(performance.now() - before);
  }
}

/** The mean of the round that was disturbed least; the percentiles of single calls in all rounds. */
function costOf({ bestMicros, single }: Run): Cost {
  const sorted = single.toSorted((a, b) => a - b);
  const at = (share: number): number => (sorted[Math.floor(sorted.length * share)] ?? 0) * 1000;
  return { meanMicros: bestMicros, p50Micros: at(0.5), p99Micros: at(0.99) };
}

function ask(set: PolicySet, asked: Case['asked'][number] | undefined): void {
  if (asked !== undefined && evaluate(set, asked.target, asked.attributes).reason === 'evaluation_failed') {
    throw new Error('a verdict failed');
  }
}
