/**
 * `npm run parity -- --pairs 5000 --seed 1`: asks Istio's own filters in a real Envoy and Sallyport for the verdict on the
 * same requests under the same policies, and fails when they part. `--validation` compares which objects Istio's
 * webhook and Sallyport refuse, `--objects` of them.
 */
import { parseArgs } from 'node:util';
import { runParity } from '../test/parity/run-parity.ts';
import { runValidation } from '../test/parity/run-validation.ts';

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '4500' },
    seed: { type: 'string', default: '1' },
    validation: { type: 'boolean', default: false },
    objects: { type: 'string', default: '5000' },
  },
});
const [pairs = 0, seed = 0, objects = 0] = [values.pairs, values.seed, values.objects].map(Number);
if (![pairs, seed, objects].every((value) => Number.isSafeInteger(value) && value > 0)) {
  console.error('`--pairs`, `--objects` and `--seed` are whole numbers from 1');
  process.exit(2);
}
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const isRight = values.validation
  ? await runValidation({ objects, seed, print })
  : await runParity({ pairs, seed, print });
process.exit(isRight ? 0 : 1);
