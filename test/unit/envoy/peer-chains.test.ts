import { describe, expect, it } from 'vitest';
import { type JsonObject, makeWorkloadBootstrap, type WorkloadEnvoy } from '../../../src/envoy/index.ts';

const ENVOY: WorkloadEnvoy = {
  workload: 'shop/orders',
  address: { kind: 'tcp', host: '0.0.0.0', port: 8080 },
  mode: 'STRICT',
  transport: 'http',
  filters: [{ name: 'judge' }],
  pathNormalization: 'BASE',
  upstream: { endpoint: { kind: 'tcp', host: '127.0.0.1', port: 80 }, protocol: 'http1' },
  secrets: { kind: 'unix', path: '/run/agent.sock' },
};

interface Chain {
  readonly filter_chain_match?: { readonly transport_protocol: string };
  readonly transport_socket?: JsonObject;
  readonly filters: readonly JsonObject[];
}

function resourcesOf(changes: Partial<WorkloadEnvoy>) {
  return makeWorkloadBootstrap({ ...ENVOY, ...changes })['static_resources'] as unknown as {
    readonly listeners: readonly [
      { readonly filter_chains: readonly Chain[]; readonly listener_filters?: unknown },
    ];
    readonly clusters: readonly { readonly name: string }[];
  };
}

/** Each chain as what it takes, and whether it wants a certificate. */
function chainsOf(mode: WorkloadEnvoy['mode']) {
  return resourcesOf({ mode }).listeners[0].filter_chains.map(({ filter_chain_match, transport_socket }) => [
    filter_chain_match?.transport_protocol,
    JSON.stringify(transport_socket ?? {}).includes('"require_client_certificate":true'),
  ]);
}

describe('the listener of a workload', () => {
  it.each([
    ['STRICT', [['tls', true]]],
    [
      'PERMISSIVE',
      [
        ['tls', true],
        ['raw_buffer', false],
      ],
    ],
    ['DISABLE', [[undefined, false]]],
  ] as const)('has by %s the chains %j', (mode, chains) => {
    expect(chainsOf(mode)).toEqual(chains);
  });

  it.each([
    ['STRICT', true],
    ['PERMISSIVE', true],
    ['DISABLE', false],
  ] as const)('looks by %s at how connections begin: %s', (mode, looks) => {
    expect(resourcesOf({ mode }).listeners[0].listener_filters !== undefined).toBe(looks);
  });

  it('judges in each of its chains, and then asks the workload', () => {
    for (const { filters } of resourcesOf({ mode: 'PERMISSIVE' }).listeners[0].filter_chains) {
      expect(JSON.stringify(filters)).toMatch(
        /"http_filters":\[\{"name":"judge"\},\{"name":"envoy.filters.http.router"/,
      );
    }
  });

  it('judges connections before bytes go on', () => {
    const [chain] = resourcesOf({ transport: 'tcp' }).listeners[0].filter_chains;
    expect(chain?.filters.map((filter) => filter['name'])).toEqual([
      'judge',
      'envoy.filters.network.tcp_proxy',
    ]);
  });

  it('asks for no secrets without TLS', () => {
    const names = (changes: Partial<WorkloadEnvoy>) => resourcesOf(changes).clusters.map(({ name }) => name);
    expect(names({})).toEqual(['sallyport-sds', 'workload']);
    expect(names({ mode: 'DISABLE', secrets: undefined })).toEqual(['workload']);
  });
});
