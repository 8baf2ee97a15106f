import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readManifests } from '../../../src/manifest/index.ts';
import { loadDirectory } from '../../../src/workload/index.ts';
import { EXAMPLE_ORG } from './objects.ts';

const MESH = { trustDomain: EXAMPLE_ORG, trustDomainAliases: [] };

function load(text: string) {
  const { value = [], diagnostics } = readManifests([{ path: 'w.yaml', text }]);
  return { directory: loadDirectory(value, MESH), diagnostics };
}

const HEADS = {
  WorkloadEntry: 'networking.istio.io/v1',
  ServiceEntry: 'networking.istio.io/v1',
  Service: 'v1',
  Namespace: 'v1',
  Gateway: 'gateway.networking.k8s.io/v1',
} as const;

function objectOf(kind: keyof typeof HEADS, rest: object): string {
  return JSON.stringify({
    apiVersion: HEADS[kind],
    kind,
    metadata: { namespace: 'shop', name: 'x' },
    ...rest,
  });
}

describe('files that mean harm', () => {
  it.each([
    ['Service', '{ "__proto__": { "clusterIP": "10.0.0.1", "ports": 1 } }'],
    ['Service', '{ "ports": [{ "port": 80, "__proto__": { "port": 81 } }], "__proto__": { "selector": 1 } }'],
    ['ServiceEntry', '{ "hosts": ["a.b"], "__proto__": { "addresses": 1, "endpoints": 2 } }'],
    ['Gateway', '{ "gatewayClassName": "istio", "__proto__": { "listeners": 1 } }'],
    ['Service', '{ "selector": { "__proto__": "x" }, "constructor": 1, "toString": 2 }'],
  ] as const)('%s with %s gives a prototype to nothing', (kind, spec) => {
    const { directory } = load(objectOf(kind, { spec: 'SPEC' }).replace('"SPEC"', spec));
    const [service] = directory.value?.content.services ?? [];
    expect(service?.addresses ?? []).toEqual([]);
    expect([...(service?.ports ?? [])].includes(81)).toBe(false);
    expect(directory.value !== undefined || directory.diagnostics.length > 0).toBe(true);
  });

  it('random values in place of any field are refused or read, never thrown at', () => {
    const junk = fc.jsonValue({ maxDepth: 2 });
    const spec = fc.record(
      {
        type: junk,
        clusterIP: junk,
        clusterIPs: junk,
        selector: junk,
        ports: junk,
        hosts: fc.oneof(junk, fc.constant(['a.example'])),
        addresses: junk,
        endpoints: junk,
        workloadSelector: junk,
        gatewayClassName: fc.oneof(junk, fc.constant('istio-waypoint')),
        listeners: junk,
        address: junk,
        labels: junk,
      },
      { requiredKeys: [] },
    );
    const kinds = fc.constantFrom(...(Object.keys(HEADS) as (keyof typeof HEADS)[]));
    fc.assert(
      fc.property(kinds, fc.oneof(spec, junk), junk, (kind, value, status) => {
        const { directory, diagnostics } = load(objectOf(kind, { spec: value, status }));
        expect(directory.value === undefined || diagnostics.length === 0).toBe(true);
        for (const problem of directory.diagnostics) {
          expect(problem.message).not.toMatch(/\p{Cc}/u);
        }
      }),
      { numRuns: 150 },
    );
  });
});
