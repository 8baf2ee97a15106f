import type { JsonObject, NativeFiltersInput } from '../../../../src/envoy/index.ts';
import { nativeFilters } from '../../../../src/envoy/index.ts';
import { parseTrustDomain } from '../../../../src/identity/index.ts';
import { compilePolicies, type MeshSettings, type Target } from '../../../../src/policy/index.ts';
import { mustLoad } from '../../policy/load.ts';

const MESH: MeshSettings = {
  trustDomain: parseTrustDomain('example.org'),
  trustDomainAliases: ['old.example'],
  rootNamespace: 'istio-system',
};

const TARGET: Target = {
  namespace: 'shop',
  labels: new Map([['app', 'orders']]),
  kind: 'sidecar',
  gatewayName: undefined,
  services: [],
};

/** What holds for `shop/orders` by these objects. */
export function policiesOf(yaml: string): NativeFiltersInput['policies'] {
  return compilePolicies(mustLoad(yaml, MESH), MESH).forTarget(TARGET);
}

/** The typed configurations of its filters. */
export function filtersOf(
  yaml: string,
  transport: 'http' | 'tcp' = 'http',
  jwksClusters: ReadonlyMap<string, string> = new Map(),
): readonly JsonObject[] {
  return nativeFilters({ policies: policiesOf(yaml), transport, jwksClusters });
}
