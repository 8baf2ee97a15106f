import { parseArgs } from 'node:util';
import { seededRandom } from '../test/fakes/random.ts';
import { killAgainAndAgain } from '../test/service/cli/kills/kills.ts';

/**
 * Kills a serving Sallyport at random moments and looks after each kill whether anything that left it is
 * forgotten. Ends with 1 when something is.
 * Usage: node scripts/prove-kills.ts [--kills 100] [--seed 1]
 */
const { values } = parseArgs({
  options: { kills: { type: 'string', default: '100' }, seed: { type: 'string', default: '1' } },
});
const [kills, seed] = [Number(values.kills), Number(values.seed)];
if (!Number.isSafeInteger(kills) || kills < 1 || !Number.isSafeInteger(seed) || seed < 1) {
  throw new Error('`--kills` and `--seed` are whole numbers from 1');
}
const started = performance.now();
const report = await killAgainAndAgain(kills, seededRandom(seed), (line) =>
  process.stderr.write(`${line}\n`),
);
const seconds = ((performance.now() - started) / 1000).toFixed(0);
const { certificates, authorities, problems } = report;
process.stdout.write(
  `${kills} kills in ${seconds} s, seed ${seed}: ${certificates} certificates had left, ` +
    `${authorities} authorities were shown; ${problems.length === 0 ? 'nothing lost' : problems.join('\n')}\n`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
