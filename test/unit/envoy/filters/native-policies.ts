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

/** What holds for `shop/orders` by these objects; all their token rules allow these algorithms alone, if given. */
export function policiesOf(yaml: string, algorithms?: readonly string[]): NativeFiltersInput['policies'] {
  const objects = mustLoad(yaml, MESH);
  const requestAuthentication = objects.requestAuthentication.map((policy) => ({
    ...policy,
    rules: policy.rules.map((rule) => (algorithms === undefined ? rule : { ...rule, algorithms })),
  }));
  return compilePolicies({ ...objects, requestAuthentication }, MESH).forTarget(TARGET);
}

/** The typed configurations of its filters. */
export function filtersOf(
  yaml: string,
  transport: 'http' | 'tcp' = 'http',
  jwksClusters: ReadonlyMap<string, string> = new Map(),
): readonly JsonObject[] {
  return nativeFilters({ policies: policiesOf(yaml), transport, jwksClusters });
}
