import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { makeSite, type Site } from '../app/bed.ts';
import { runCli } from './run-cli.ts';

const REMOTE = `apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: tokens, namespace: shop }
spec: { jwtRules: [{ issuer: "https://id.example", jwksUri: "https://id.example/jwks" }] }
`;

const STRICT_BUT = `apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: orders, namespace: shop }
spec:
  selector: { matchLabels: { app: orders } }
  mtls: { mode: STRICT }
  portLevelMtls: { 8081: { mode: DISABLE } }
`;

const envoy = (site: Site, ...args: readonly string[]) =>
  runCli(['envoy', ...args, '--config', site.settingsPath, '--workload', 'shop/orders']);

describe('sallyport envoy', () => {
  it('filters: prints those of a workload, and what they need of Envoy', async () => {
    const { code, stdout } = await envoy(makeSite(), 'filters');
    expect(code).toBe(0);
    const printed = parse(stdout);
    expect(Object.keys(printed)).toEqual(['http_filters', 'layered_runtime']);
    expect(printed.http_filters).toMatchObject([
      { typed_config: { rules: { action: 'ALLOW', policies: { 'ns[shop]-policy[readers]-rule[0]': {} } } } },
    ]);
    expect(JSON.stringify(printed.layered_runtime)).toContain('re2.max_program_size.error_level');
  });

  it('filters: wants a cluster for keys that Envoy has to fetch, and takes it', async () => {
    const site = makeSite();
    site.write('policies/tokens.yaml', REMOTE);
    const refused = await envoy(site, 'filters');
    expect(refused.code).toBe(2);
    expect(refused.stdout).toBe('');
    expect(refused.stderr).toMatch(/`shop\/tokens#0`.*https:\/\/id\.example\/jwks.*\[ERR_ENVOY_KEY_SET\]/);
    const cluster = ['--jwks-cluster', 'https://id.example/jwks=ids'];
    const { stdout } = await envoy(site, 'filters', '--output', 'json', ...cluster);
    expect(JSON.stringify(JSON.parse(stdout).http_filters)).toContain('"cluster":"ids"');
  });

  it('bootstrap: opens the port as PeerAuthentication says', async () => {
    const site = makeSite();
    site.write('policies/peers.yaml', STRICT_BUT);
    const chains = async (port: string, ...more: readonly string[]) => {
      const address = ['--port', port, '--upstream', '127.0.0.1:9000'];
      const { stdout } = await envoy(site, 'bootstrap', ...address, ...more);
      const { listeners, clusters } = parse(stdout).static_resources;
      return {
        chains: listeners[0].filter_chains.map((chain: { name: string }) => chain.name),
        clusters: clusters.map((cluster: { name: string }) => cluster.name),
        address: listeners[0].address.socket_address,
        last: listeners[0].filter_chains[0].filters.at(-1).name,
      };
    };
    expect(await chains('8080')).toEqual({
      chains: ['mutual-tls'],
      clusters: ['sallyport-sds', 'workload'],
      address: { address: '0.0.0.0', port_value: 8080 },
      last: 'envoy.filters.network.http_connection_manager',
    });
    expect(await chains('8081', '--tcp', '--bind', '::1')).toEqual({
      chains: ['plain-text'],
      clusters: ['workload'],
      address: { address: '::1', port_value: 8081 },
      last: 'envoy.filters.network.tcp_proxy',
    });
  });

  it.each([
    ['65536', '127.0.0.1:9', /'65536' is invalid/],
    ['80', 'orders', /'orders' is invalid\. write IP address and port/],
  ])('bootstrap: refuses the port %s with the upstream %s', async (port, upstream, says) => {
    const { code, stderr } = await envoy(makeSite(), 'bootstrap', '--port', port, '--upstream', upstream);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(says);
  });

  it('bootstrap: leaves the listeners of gateways to others', async () => {
    const site = makeSite();
    site.write(
      'workloads/orders.yaml',
      `apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: { name: orders, namespace: shop }
spec: { address: 10.0.0.7, labels: { gateway.networking.k8s.io/gateway-name: edge } }
`,
    );
    const { code, stderr } = await envoy(site, 'bootstrap', '--port', '80', '--upstream', '127.0.0.1:9000');
    expect(code).toBe(2);
    expect(stderr).toMatch(/is a gateway.*ERR_ENVOY_WORKLOAD/);
  });
});
