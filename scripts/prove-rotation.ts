import { parseArgs } from 'node:util';
import { ENVOY_VERSIONS, parseEnvoyVersion } from '../src/envoy/index.ts';
import { envoyAtHand } from '../test/envoy/envoy-at-hand.ts';
import { type Mesh, startMesh } from '../test/envoy/rotation/mesh.ts';
import type { SecretApi } from '../test/envoy/rotation/mesh-files.ts';
import {
  type Proof,
  proveControl,
  proveForcedRoot,
  proveOutage,
  proveRotations,
} from '../test/envoy/rotation/proofs.ts';

/**
 * Two real Envoys make a new mutual TLS connection for every request while certificates of 10 s are rotated,
 * the root is replaced, and Sallyport is killed and started again: with each version of Envoy and both ways of
 * asking for secrets. Ends with 1 when a request failed, or when the control run did not.
 * Usage: node scripts/prove-rotation.ts [--rotations 20] [--envoy 1.40 --envoy 1.36]
 */
const { values } = parseArgs({
  options: {
    rotations: { type: 'string', default: '20' },
    envoy: { type: 'string', multiple: true, default: [...ENVOY_VERSIONS] },
  },
});
const rotations = Number(values.rotations);
if (!Number.isInteger(rotations) || rotations < 1) {
  throw new Error('`--rotations` is a number from 1');
}

for (const version of values.envoy.map(parseEnvoyVersion)) {
  const envoy = await envoyAtHand(version);
  const run = async (
    name: string,
    plan: { readonly api: SecretApi; readonly svidTtlSeconds: number },
    prove: (mesh: Mesh) => Promise<Proof>,
    mustFail = false,
  ): Promise<void> => {
    const mesh = await startMesh(envoy, plan);
    try {
      const { requests, serials, problems, note } = await prove(mesh);
      const isRight = mustFail === problems.length > 0;
      process.exitCode = isRight ? process.exitCode : 1;
      const outcome = isRight
        ? (note ?? 'as it must be')
        : `WRONG: ${problems.join('; ') || 'nothing failed'}`;
      const counts = `${requests} requests, ${serials} serials, ${mustFail ? `${problems.length} failed, ` : ''}`;
      process.stdout.write(
        `${envoy.release}  ${plan.api.padEnd(5)} ${name.padEnd(34)} ${counts}${outcome}\n`,
      );
    } finally {
      await mesh.close();
    }
  };
  const short = 10;
  await Promise.all([
    ...(['sotw', 'delta'] as const).flatMap((api) => [
      run(`${rotations} rotations`, { api, svidTtlSeconds: short }, (mesh) =>
        proveRotations(mesh, rotations),
      ),
      run('root replaced by hand', { api, svidTtlSeconds: short }, proveForcedRoot),
      run('Sallyport killed, back after 2.5 s', { api, svidTtlSeconds: 30 }, proveOutage),
    ]),
    run('nothing renewed (control)', { api: 'sotw', svidTtlSeconds: short }, proveControl, true),
  ]);
}
