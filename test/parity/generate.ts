import fc from 'fast-check';
import type { PolicyObject, PolicySetCase } from './case.ts';
import { conditionName } from './conditions.ts';
import { MESHES, type ParityMesh } from './mesh.ts';
import { anyPolicies, fociOf, focusedPolicies, tokenSets } from './policies.ts';
import { requestsFor } from './requests.ts';

const REQUESTS_PER_SET = 10;

/**
 * The sets of a chunk; the same for the same seed and number, whatever was generated before. `wanted` names
 * conditions that all sets are built around in turn.
 */
export function generateChunk(
  seed: number,
  chunk: number,
  size: number,
  wanted: readonly string[] = [],
): readonly PolicySetCase[] {
  const mesh = MESHES[chunk % MESHES.length] ?? MESHES[0];
  if (mesh === undefined) {
    throw new Error('no mesh');
  }
  const foci = fociOf(mesh);
  const few = foci.filter(({ subject, form, negated }) =>
    wanted.includes(conditionName(subject.place, subject.name, form, negated)),
  );
  return Array.from({ length: size }, (_, position) => {
    const index = chunk * size + position;
    const focus = few[position % few.length];
    const policies = focus === undefined ? policiesOf(seed, index, mesh) : focusedPolicies(mesh, focus);
    return generateSet(seed, index, mesh, policies);
  });
}

function policiesOf(seed: number, index: number, mesh: ParityMesh): fc.Arbitrary<readonly PolicyObject[]> {
  const foci = fociOf(mesh);
  const round = Math.floor(index / SETS_PER_ROUND);
  const place = index % SETS_PER_ROUND;
  const focus = foci[((round * FOCUSED_PER_ROUND + place) * STEP + seed) % foci.length];
  if (place < FOCUSED_PER_ROUND && focus !== undefined) {
    return focusedPolicies(mesh, focus);
  }
  return round % 2 === 1 ? anyPolicies(mesh) : tokenSets(mesh);
}

function generateSet(
  seed: number,
  index: number,
  mesh: ParityMesh,
  policies: fc.Arbitrary<readonly PolicyObject[]>,
): PolicySetCase {
  const whole = policies.chain((objects) =>
    requestsFor(objects, mesh, REQUESTS_PER_SET).map((requests) => ({
      index,
      mesh,
      policies: objects,
      requests,
    })),
  );
  const [set] = fc.sample(whole, { numRuns: 1, seed: (seed * 1_000_003 + index) | 0 });
  if (set === undefined) {
    throw new Error('nothing was generated');
  }
  return set;
}

const SETS_PER_ROUND = 5;
const FOCUSED_PER_ROUND = 4;

/** Goes through the foci in an order that mixes them; it has no factor in common with their number. */
const STEP = 97;
