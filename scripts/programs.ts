import { parseArgs } from 'node:util';
import { buildSpireAgent, goWorkload, pythonWorkload } from '../test/service/clients/programs.ts';
import type { Found } from '../test/toolchain/found.ts';
import { zlint } from '../test/toolchain/zlint.ts';

/**
 * Builds the programs of others that tests use, which takes longer than a test may; what is there is left as
 * it is. Says what cannot be had on this machine.
 * Usage: node scripts/programs.ts [--spire-agent]
 */
const { values } = parseArgs({ options: { 'spire-agent': { type: 'boolean', default: false } } });

const wanted: readonly (readonly [string, () => Promise<Found>])[] = [
  ['go-spiffe', goWorkload],
  ['spiffe of PyPI', pythonWorkload],
  ['zlint', zlint],
  ...(values['spire-agent'] ? [['spire-agent', buildSpireAgent] as const] : []),
];
for (const [name, build] of wanted) {
  const started = performance.now();
  const found = await build();
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  process.stdout.write(
    'missing' in found ? ` Left out  ${name}: ${found.missing}\n` : ` ${name}: ready after ${seconds} s\n`,
  );
}
