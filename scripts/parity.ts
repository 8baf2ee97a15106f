/**
 * `npm run parity -- --pairs 2100 --seed 1`: asks Istio's own filters in a real Envoy and Sallyport for the verdict on
 * the same requests under the same policies, and fails when they part.
 */
import { parseArgs } from 'node:util';
import { runParity } from '../test/parity/run-parity.ts';

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '2400' },
    seed: { type: 'string', default: '1' },
  },
});
const pairs = Number(values.pairs);
const seed = Number(values.seed);
if (!Number.isSafeInteger(pairs) || pairs < 1 || !Number.isSafeInteger(seed) || seed < 0) {
  console.error('`--pairs` and `--seed` are whole numbers');
  process.exit(2);
}
const isRight = await runParity({ pairs, seed, print: (line) => process.stdout.write(`${line}\n`) });
process.exit(isRight ? 0 : 1);
