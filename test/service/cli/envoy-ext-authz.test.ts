import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { makeSite, SETTINGS, type Site } from '../app/bed.ts';
import { runCli } from './run-cli.ts';

const extAuthz = (site: Site, ...args: readonly string[]) =>
  runCli(['envoy', 'ext-authz', '--config', site.settingsPath, '--workload', 'shop/orders', ...args]);

const OTHERS = SETTINGS.replace(
  '  agents:',
  `    - { name: way, address: 127.0.0.1:9191, profile: waypoint }
    - { name: free, address: 127.0.0.1:0 }
    - { name: far, address: 0.0.0.0:9192, allowedSpiffeIds: [spiffe://example.org/ns/web/sa/frontend] }
  agents:`,
).concat('profiles: { waypoint: { trustCallMetadata: true } }\n');

const peerOf = (filter: {
  typed_config: { grpc_service: { initial_metadata: { key: string; value: string }[] } };
}) => filter.typed_config.grpc_service.initial_metadata.find(({ key }) => key === 'x-sallyport-peer')?.value;

describe('sallyport envoy ext-authz', () => {
  it('prints filter, route and cluster, and says what the profile does not believe', async () => {
    const site = makeSite();
    const { code, stdout, stderr } = await extAuthz(site);
    expect(code).toBe(0);
    const { http_filters, typed_per_filter_config, clusters } = parse(stdout);
    expect(peerOf(http_filters[0])).toBe('%DOWNSTREAM_PEER_URI_SAN%');
    expect(http_filters[0].typed_config.failure_mode_allow).toBe(false);
    expect(typed_per_filter_config[http_filters[0].name].check_settings.context_extensions).toEqual({
      'sallyport.workload': 'shop/orders',
    });
    expect(JSON.stringify(clusters)).toContain(site.path('run', 'authz.sock'));
    expect(stderr).toMatch(/^profile `sidecar` does not believe call metadata; .* `checks`\n$/);
  });

  it('asks a waypoint’s listener as waypoints do, without a remark when it is believed', async () => {
    const { stdout, stderr } = await extAuthz(makeSite(OTHERS), '--listener', 'way', '--output', 'json');
    const { http_filters, clusters } = JSON.parse(stdout);
    expect(peerOf(http_filters[0])).toBe('%FILTER_STATE(io.istio.peer_principal:PLAIN)%');
    expect(JSON.stringify(clusters)).toContain('"port_value":9191');
    expect(stderr).toBe('');
  });

  it('is for all services of a waypoint at once, with the time that their providers want', async () => {
    const example = ['--config', 'examples/waypoint/sallyport.yaml', '--workload', 'shop/waypoint'];
    const { code, stdout, stderr } = await runCli(['envoy', 'ext-authz', ...example, '--output', 'json']);
    expect([code, stderr]).toEqual([0, '']);
    expect(peerOf(JSON.parse(stdout).http_filters[0])).toContain('FILTER_STATE');

    const site = makeSite(
      `${OTHERS}extensionProviders: [{ name: opa, envoyExtAuthzGrpc: { service: 127.0.0.1, port: 1, timeout: 300ms } }]\n`,
    );
    site.write('workloads/shop.yaml', readFileSync('examples/waypoint/workloads/shop.yaml', 'utf8'));
    site.write(
      'policies/opa.yaml',
      `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: opa, namespace: shop }
spec:
  action: CUSTOM
  provider: { name: opa }
  targetRefs: [{ kind: Service, group: "", name: stock }]
  rules: [{ to: [{ operation: { ports: ["80"] } }] }]
`,
    );
    const asked = await runCli([
      ...['envoy', 'ext-authz', '--config', site.settingsPath, '--workload', 'shop/waypoint'],
      ...['--listener', 'way', '--output', 'json'],
    ]);
    expect(JSON.parse(asked.stdout).http_filters[0].typed_config.grpc_service.timeout).toBe('2.3s');
  }, 30_000);

  it('brings mutual TLS where the listener wants it, and a filter for connections', async () => {
    const { stdout } = await extAuthz(makeSite(OTHERS), '--listener', 'far', '--tcp');
    const { filters, clusters } = parse(stdout);
    expect(filters[0].name).toBe('envoy.filters.network.ext_authz');
    expect(clusters.map(({ name }: { name: string }) => name)).toEqual(['sallyport-authz', 'sallyport-sds']);
    expect(JSON.stringify(clusters[0].transport_socket)).toContain('spiffe://example.org/sallyport/server');
  });

  it('leaves time and brings bodies for the providers of CUSTOM policies', async () => {
    const service = { service: '127.0.0.1', port: 1, timeout: '300ms' };
    const providers = [
      { name: 'opa', envoyExtAuthzGrpc: { ...service, includeRequestBodyInCheck: { maxRequestBytes: 64 } } },
      { name: 'oauth', envoyExtAuthzHttp: { ...service, includeRequestBodyInCheck: { maxRequestBytes: 8 } } },
      {
        name: 'other',
        envoyExtAuthzGrpc: { ...service, includeRequestBodyInCheck: { maxRequestBytes: 999 } },
      },
    ];
    const site = makeSite(`${SETTINGS}extensionProviders: ${JSON.stringify(providers)}\n`);
    const filterOf = async () =>
      JSON.parse((await extAuthz(site, '--output', 'json')).stdout).http_filters[0].typed_config;
    const bare = await filterOf();
    expect(bare.grpc_service.timeout).toBe('2s');
    expect(bare.with_request_body).toBeUndefined();
    for (const name of ['opa', 'oauth']) {
      site.write(
        `policies/${name}.yaml`,
        `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: ask-${name}, namespace: shop }
spec: { action: CUSTOM, provider: { name: ${name} }, rules: [{}] }
`,
      );
    }
    const { grpc_service, with_request_body } = await filterOf();
    expect(grpc_service.timeout).toBe('2.6s');
    expect(with_request_body).toEqual({
      max_request_bytes: 64,
      allow_partial_message: true,
      pack_as_bytes: true,
    });
  });

  it.each([
    ['no such listener', ['--listener', 'none'], 'ERR_CLI_ARGUMENT', 'known are checks, way, free, far'],
    ['a listener without a port', ['--listener', 'free'], 'ERR_CLI_ARGUMENT', 'give the listener a port'],
    ['no such workload', ['--workload', 'shop/none'], 'ERR_ENVOY_WORKLOAD', 'known are shop/orders'],
  ])('refuses %s', async (_, args, errorCode, hint) => {
    const { code, stdout, stderr } = await extAuthz(makeSite(OTHERS), ...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(errorCode);
    expect(stderr).toContain(hint);
  });
});
