import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { hasErrors } from '../../../src/base/index.ts';
import { type JsonObject, nativeFilters } from '../../../src/envoy/index.ts';
import { parseTrustDomain } from '../../../src/identity/index.ts';
import { readManifests } from '../../../src/manifest/index.ts';
import { compilePolicies, loadPolicies, type MeshSettings, type Target } from '../../../src/policy/index.ts';
import { readVectors } from '../../unit/policy/vectors.ts';
import type { Oracle } from '../oracle.ts';
import { normalForm } from './normal-form.ts';
import { oddPolicy } from './odd-policies.ts';
import { oddTokens } from './odd-tokens.ts';

/** Policies in a mesh, for one workload. */
interface Subject {
  readonly yaml: string;
  readonly mesh: MeshSettings;
  readonly target: Target;
}

export interface FilterComparison {
  readonly compared: number;
  /** Sets that Sallyport does not load: they are the business of `parity:validation`. */
  readonly notLoaded: number;
  /** What Istio's compiler refuses though Sallyport loads it. */
  readonly refused: number;
  readonly different: readonly { readonly yaml: string; readonly istio: unknown; readonly ours: unknown }[];
  /** All that were made, for a look at whether an Envoy takes them. */
  readonly filters: readonly { readonly transport: 'http' | 'tcp'; readonly filter: JsonObject }[];
}

/** Every policy vector for sidecars, and `sets` random ones, each on HTTP and TCP. */
export async function compareFilters(oracle: Oracle, sets: number, seed: number): Promise<FilterComparison> {
  const result = { compared: 0, notLoaded: 0, refused: 0, different: [], filters: [] } as {
    -readonly [Key in keyof FilterComparison]: FilterComparison[Key] extends readonly (infer T)[]
      ? T[]
      : FilterComparison[Key];
  };
  for (const subject of [...vectorSubjects(), ...oddSubjects(sets, seed)]) {
    for (const transport of ['http', 'tcp'] as const) {
      const ours = filtersOf(subject, transport);
      if (ours === undefined) {
        result.notLoaded += 1;
        continue;
      }
      const answer = await oracle.ask(questionOf(subject, transport));
      if ('error' in answer) {
        result.refused += 1;
        continue;
      }
      result.compared += 1;
      result.filters.push(...ours.map((filter) => ({ transport, filter })));
      const [istio, own] = [answer.filters, ours].map((filters) => filters.map(normalForm));
      if (!isDeepStrictEqual(istio, own)) {
        result.different.push({ yaml: subject.yaml, istio, ours: own });
      }
    }
  }
  return result;
}

function vectorSubjects(): readonly Subject[] {
  const subjects = readVectors()
    .filter(({ target }) => target.kind === 'sidecar')
    .map(({ policies, mesh, target }): Subject => ({ yaml: policies, mesh, target }));
  return [...new Map(subjects.map((one) => [JSON.stringify([one.yaml, one.mesh]), one])).values()];
}

function oddSubjects(count: number, seed: number): readonly Subject[] {
  const aliases = fc.constantFrom([], ['old'], ['old', '*d'], ['t*']);
  const policy = fc.oneof({ weight: 9, arbitrary: oddPolicy() }, { weight: 1, arbitrary: oddTokens() });
  return fc
    .sample(fc.tuple(policy, aliases), { numRuns: count, seed })
    .map(([object, trustDomainAliases]) => ({
      yaml: JSON.stringify(object),
      mesh: { trustDomain: parseTrustDomain('td'), trustDomainAliases, rootNamespace: 'istio-system' },
      target: { namespace: 'foo', labels: new Map(), kind: 'sidecar', gatewayName: undefined, services: [] },
    }));
}

/** Undefined when Sallyport does not load the policies. */
function filtersOf(
  { yaml, mesh, target }: Subject,
  transport: 'http' | 'tcp',
): readonly JsonObject[] | undefined {
  const manifests = readManifests([{ path: 'p.yaml', text: yaml }]);
  const { value, diagnostics } = loadPolicies(manifests.value ?? [], mesh);
  return value === undefined || hasErrors([...manifests.diagnostics, ...diagnostics])
    ? undefined
    : nativeFilters({ policies: compilePolicies(value, mesh).forTarget(target), transport });
}

function questionOf({ yaml, mesh, target }: Subject, transport: 'http' | 'tcp') {
  return {
    yaml,
    namespace: target.namespace,
    labels: Object.fromEntries(target.labels),
    trustDomain: mesh.trustDomain,
    aliases: mesh.trustDomainAliases,
    rootNamespace: mesh.rootNamespace,
    tcp: transport === 'tcp',
  };
}
