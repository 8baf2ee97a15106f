import { hasErrors } from '../../src/base/index.ts';
import { type JsonObject, nativeFilters } from '../../src/envoy/index.ts';
import { parseTrustDomain } from '../../src/identity/index.ts';
import { readManifests } from '../../src/manifest/index.ts';
import { compilePolicies, loadPolicies } from '../../src/policy/index.ts';
import { type ParityMesh, WORKLOAD } from './mesh.ts';

/** The typed configuration of the filters that `src/envoy` makes of policies for the workload. */
export function loweredFilters(
  yaml: string,
  mesh: ParityMesh,
  transport: 'http' | 'tcp',
): readonly JsonObject[] {
  const settings = {
    trustDomain: parseTrustDomain(mesh.trustDomain),
    trustDomainAliases: mesh.aliases,
    rootNamespace: mesh.rootNamespace,
  };
  const { value, diagnostics } = loadPolicies(
    readManifests([{ path: 'p.yaml', text: yaml }]).value ?? [],
    settings,
  );
  if (value === undefined || hasErrors(diagnostics)) {
    throw new Error('policies that a Sallyport serves do not load');
  }
  const policies = compilePolicies(value, settings).forTarget({
    namespace: WORKLOAD.namespace,
    labels: new Map(Object.entries(WORKLOAD.labels)),
    kind: 'sidecar',
    gatewayName: undefined,
    services: [],
  });
  return nativeFilters({ policies, transport }).map((filter) => filter['typed_config'] as JsonObject);
}
