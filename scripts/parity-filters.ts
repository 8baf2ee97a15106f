/**
 * `npm run parity:filters -- --sets 2000 --seed 1`: holds the filters that we make of policies against those that
 * Istio's own compiler makes of the same ones, and has real Envoys load ours.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { envoyAtHand, validationProblems } from '../test/envoy/envoy-at-hand.ts';
import { compareFilters, type FilterComparison } from '../test/parity/filters/compare-filters.ts';
import { envoyWith } from '../test/parity/filters/envoy-with.ts';
import { startOracle } from '../test/parity/oracle.ts';

const SHOWN_MAX = 3;
/** Envoy is slow with thousands of filters on one listener. */
const FILTERS_PER_ENVOY = 1500;

const { values } = parseArgs({
  options: { sets: { type: 'string', default: '2000' }, seed: { type: 'string', default: '1' } },
});
const sets = Number(values.sets);
const seed = Number(values.seed);
if (!Number.isSafeInteger(sets) || sets < 0 || !Number.isSafeInteger(seed) || seed < 0) {
  console.error('`--sets` and `--seed` are whole numbers');
  process.exit(2);
}
const oracle = startOracle();
const result = await compareFilters(oracle, sets, seed);
oracle.stop();
const { compared, notLoaded, refused, different } = result;
for (const { yaml, istio, ours } of different.slice(0, SHOWN_MAX)) {
  console.log(`${yaml}\n  Istio: ${JSON.stringify(istio)}\n  ours:  ${JSON.stringify(ours)}`);
}
const problems = await loadInEnvoys(result);
for (const problem of problems) {
  console.log(problem);
}
console.log(
  `seed ${seed}: ${compared} filter lists compared, ${different.length} differ; ${refused} refused by Istio alone, ` +
    `${notLoaded} not loaded here; ${result.filters.length} filters given to Envoy, ${problems.length} refusals`,
);
process.exit(compared > sets / 2 && different.length + refused + problems.length === 0 ? 0 : 1);

async function loadInEnvoys({ filters }: FilterComparison): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'sp-filters-'));
  const found: string[] = [];
  try {
    for (const version of ['1.36', '1.40'] as const) {
      const envoy = await envoyAtHand(version);
      for (let from = 0; from < filters.length; from += FILTERS_PER_ENVOY) {
        const file = join(folder, 'envoy.json');
        await writeFile(file, JSON.stringify(envoyWith(filters.slice(from, from + FILTERS_PER_ENVOY))));
        const problem = await validationProblems(envoy, file);
        found.push(...(problem === '' ? [] : [`Envoy ${envoy.release}: ${problem}`]));
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return found;
}
