import { type Verdict, verdictOf } from './answer.ts';
import { openBench } from './bench.ts';
import { type Bench, type PairResult, type Refusal, runChunk } from './chunk.ts';
import { type Coverage, createCoverage } from './coverage.ts';
import { generateChunk } from './generate.ts';
import { judgePair } from './judge-pair.ts';
import { showPair } from './show-pair.ts';
import { shrinkPair } from './shrink.ts';

export interface ParityOptions {
  readonly pairs: number;
  readonly seed: number;
  print(line: string): void;
}

const SETS_PER_CHUNK = 50;
const SHOWN_MAX = 5;
/** Below this a run is a look at something, and says nothing about the generator. */
const PAIRS_FOR_COVERAGE = 2000;
/** Chunks beyond the pairs asked for, around conditions that decided too few of them. */
const EXTRA_CHUNKS_MAX = 8;

/** The whole comparison; says whether all was as it has to be. */
export async function runParity(options: ParityOptions): Promise<boolean> {
  const bench = await openBench();
  const run: Run = {
    bench,
    options,
    coverage: createCoverage(),
    rows: new Map(),
    wrong: [],
    refusals: [],
    connections: { allow: 0, deny: 0, other: 0 },
    pairs: 0,
    sets: 0,
    started: performance.now(),
  };
  try {
    let chunk = 0;
    for (; run.pairs < options.pairs && mayGoOn(run); chunk += 1) {
      await addChunk(run, chunk, []);
    }
    const isWhole = run.pairs >= PAIRS_FOR_COVERAGE;
    for (let extra = 0; isWhole && extra < EXTRA_CHUNKS_MAX && mayGoOn(run); extra += 1) {
      const rare = run.coverage.rare();
      if (rare.length === 0) {
        break;
      }
      await addChunk(run, chunk + extra, rare);
    }
    await shrinkFirst(run);
    return report(run, isWhole);
  } finally {
    bench.close();
  }
}

interface Run {
  readonly bench: Bench;
  readonly options: ParityOptions;
  readonly coverage: Coverage;
  /** How often each row of the divergence table was met. */
  readonly rows: Map<string, number>;
  readonly wrong: { readonly pair: PairResult; readonly what: string }[];
  readonly refusals: Refusal[];
  readonly connections: Record<Verdict, number>;
  pairs: number;
  sets: number;
  readonly started: number;
}

/** The others stay as they were found: one cause often shows in several. */
async function shrinkFirst({ wrong, bench, options }: Run): Promise<void> {
  const [first] = wrong;
  if (first !== undefined) {
    const pair = await shrinkPair(first.pair, bench, options.print);
    wrong[0] = { pair, what: first.what };
  }
}

function mayGoOn({ wrong, refusals }: Run): boolean {
  return wrong.length < SHOWN_MAX && refusals.length === 0;
}

async function addChunk(run: Run, chunk: number, wanted: readonly string[]): Promise<void> {
  const { bench, options, coverage, rows, wrong } = run;
  const cases = generateChunk(options.seed, chunk, SETS_PER_CHUNK, wanted);
  const { pairs, refusals, ports } = await runChunk(`c${chunk}`, cases, bench, {
    // In some chunks of each mesh, and in the first.
    withTcp: chunk % 3 === 0,
  });
  run.refusals.push(...refusals);
  const certificates = await bench.certificates(cases[0]?.mesh.trustDomain ?? '');
  for (const pair of pairs) {
    if (pair.transport === 'http') {
      coverage.add(pair, { certificates, ports });
    } else {
      run.connections[verdictOf(pair.answers.istio)] += 1;
    }
    const finding = judgePair(pair);
    if (finding.kind === 'wrong') {
      wrong.push({ pair, what: finding.what });
    } else if (finding.kind === 'diverges') {
      for (const row of finding.rows) {
        rows.set(row, (rows.get(row) ?? 0) + 1);
      }
    }
  }
  run.pairs += pairs.length;
  run.sets += cases.length;
  const seconds = ((performance.now() - run.started) / 1000).toFixed(0);
  options.print(`${run.pairs} pairs of ${run.sets} sets, ${wrong.length} wrong, ${seconds} s`);
}

function report(run: Run, isWhole: boolean): boolean {
  const { options, coverage, rows, wrong, refusals } = run;
  const { print } = options;
  for (const { set, istio, sallyport } of refusals) {
    print(`set ${set.index} is refused: ${JSON.stringify(set.policies)}`);
    print(`  Istio: ${istio ?? 'takes it'}\n  Sallyport: ${sallyport ?? 'takes it'}`);
  }
  for (const { pair, what } of wrong.slice(0, SHOWN_MAX)) {
    print(showPair(pair, what));
  }
  const { lines, lacks } = coverage.report();
  const met = [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([row, count]) => `${row} ${count}`);
  print([...lines, `rows of the divergence table that were met: ${met.join(', ')}`].join('\n'));
  print(`of the pairs are connections: ${run.connections.allow} allowed, ${run.connections.deny} closed`);
  for (const lack of isWhole ? lacks : []) {
    print(`too little: ${lack}`);
  }
  print(`${run.pairs} pairs of ${run.sets} policy sets, seed ${options.seed}: ${wrong.length} wrong`);
  return wrong.length === 0 && refusals.length === 0 && (!isWhole || lacks.length === 0);
}
