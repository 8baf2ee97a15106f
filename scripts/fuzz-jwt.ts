/** `npm run fuzz:jwt -- --runs 1000000 --seed 1`: bends tokens until one is taken that nobody signed. */
import { parseArgs } from 'node:util';
import { fuzzTokens } from '../test/unit/jwt/fuzz-tokens.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
  },
});
const runs = Number(values.runs);
const seed = Number(values.seed);
if (!Number.isSafeInteger(runs) || runs < 1 || !Number.isSafeInteger(seed) || seed < 1) {
  console.error('`--runs` and `--seed` are whole numbers from 1');
  process.exit(2);
}

const SLICE = 20_000;
let done = 0;
let accepted = 0;
const start = performance.now();
for (let slice = 0; done < runs; slice += 1) {
  const report = await fuzzTokens(Math.min(SLICE, runs - done), seed * 1_000_003 + slice);
  done += report.runs;
  accepted += report.accepted;
  if (report.wrong.length > 0) {
    console.error(`seed ${seed}, slice ${slice}: wrongly taken:\n${report.wrong.join('\n')}`);
    process.exit(1);
  }
}
const seconds = (performance.now() - start) / 1000;
console.log(
  `${done} tokens in ${seconds.toFixed(1)} s, seed ${seed}: ${accepted} good ones taken, no wrong one`,
);
