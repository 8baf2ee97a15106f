import { describe, it } from 'vitest';
import { DEFAULT_ENVOY_VERSION, parseEnvoyVersion } from '../../../src/envoy/index.ts';
import { envoyAtHand } from '../envoy-at-hand.ts';
import { type Mesh, startMesh } from './mesh.ts';
import type { MeshPlan } from './mesh-files.ts';
import { type Proof, proveControl, proveForcedRoot, proveOutage, proveRotations } from './proofs.ts';

/** A short form; `npm run prove:rotation` runs 20. */
const ROTATIONS = 5;

const envoy = await envoyAtHand(parseEnvoyVersion(process.env['ENVOY_VERSION'] || DEFAULT_ENVOY_VERSION));

// At the same time, because nearly all of it is waiting for certificates to grow old.
describe.concurrent('two Envoys with a new mutual TLS connection for every request', () => {
  const within = (plan: Omit<MeshPlan, 'version'>, prove: (mesh: Mesh) => Promise<Proof>) => async () => {
    const mesh = await startMesh(envoy, plan);
    try {
      return await prove(mesh);
    } finally {
      await mesh.close();
    }
  };
  const short = { svidTtlSeconds: 10 };

  for (const api of ['sotw', 'delta'] as const) {
    it(`lose no request through ${ROTATIONS} rotations of a certificate of 10 s (${api})`, async ({
      expect,
      task,
    }) => {
      task.meta.labRuntime = `Envoy ${envoy.release}, a local binary`;
      const proof = await within({ api, ...short }, (mesh) => proveRotations(mesh, ROTATIONS))();
      expect(proof).toMatchObject({ problems: [] });
    });

    it(`lose no request while the root is replaced by hand (${api})`, async ({ expect }) => {
      const proof = await within({ api, ...short }, proveForcedRoot)();
      expect(proof).toMatchObject({ problems: [] });
    });

    it(`lose no request while Sallyport is killed and started again (${api})`, async ({ expect }) => {
      const proof = await within({ api, svidTtlSeconds: 30 }, proveOutage)();
      expect(proof).toMatchObject({ problems: [] });
    });
  }

  it('fail when nothing is renewed', async ({ expect }) => {
    const proof = await within({ api: 'sotw', ...short }, proveControl)();
    expect(proof.problems.length).toBeGreaterThan(0);
    expect(proof.serials).toBeLessThan(ROTATIONS);
  });
});
