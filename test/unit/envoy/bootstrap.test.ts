import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  type EnvoyProxy,
  type HttpListener,
  type Json,
  makeBootstrap,
  type Route,
  toJson,
  toYaml,
} from '../../../src/envoy/index.ts';
import { parseSpiffeId } from '../../../src/identity/index.ts';

const JUDGED: Route = {
  path: { kind: 'prefix', text: '/' },
  action: { kind: 'upstream', name: 'app' },
  verdict: { kind: 'workload', workload: 'shop/orders' },
};

const INBOUND: HttpListener = {
  kind: 'inbound',
  name: 'inbound',
  address: { kind: 'tcp', host: '127.0.0.1', port: 8443 },
  identity: 'default',
  pathNormalization: 'BASE',
  routes: [JUDGED],
};

const PROXY: EnvoyProxy = {
  nodeId: 'orders',
  nodeCluster: 'test',
  admin: undefined,
  authorizer: { kind: 'unix', path: '/run/authz.sock' },
  secrets: { kind: 'unix', path: '/run/agent.sock' },
  verdictTimeoutMillis: 250,
  listeners: [INBOUND],
  upstreams: [
    {
      name: 'app',
      endpoint: { kind: 'tcp', host: 'app.internal', port: 80 },
      protocol: 'http1',
      tls: { identity: 'default', peer: parseSpiffeId('spiffe://example.org/ns/shop/sa/app') },
      requestsPerConnectionMax: 1,
    },
  ],
};

function withListener(listener: Partial<HttpListener>): EnvoyProxy {
  return { ...PROXY, listeners: [{ ...INBOUND, ...listener }] };
}

/** Every value that stands under a name, wherever it is. */
function allUnder(value: unknown, name: string): readonly unknown[] {
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  return Object.entries(value).flatMap(([key, member]) => [
    ...(key === name ? [member] : []),
    ...allUnder(member, name),
  ]);
}

describe('verdicts', () => {
  it('fail closed, with all that Sallyport judges by', () => {
    const [filter] = allUnder(makeBootstrap(PROXY, '1.40'), 'http_filters').flat();
    expect(filter).toMatchObject({
      name: 'envoy.filters.http.ext_authz',
      typed_config: {
        failure_mode_allow: false,
        status_on_error: { code: 'ServiceUnavailable' },
        include_peer_certificate: true,
        include_tls_session: true,
        encode_raw_headers: true,
        grpc_service: { timeout: '0.25s' },
      },
    });
  });

  it('are asked for under the name of the workload, and not where a route says so', () => {
    const health: Route = { ...JUDGED, path: { kind: 'exact', text: '/healthz' }, verdict: { kind: 'none' } };
    const bootstrap = makeBootstrap(withListener({ routes: [health, JUDGED] }), '1.40');
    const [first, second] = allUnder(bootstrap, 'typed_per_filter_config');
    expect(first).toMatchObject({ 'envoy.filters.http.ext_authz': { disabled: true } });
    expect(second).toMatchObject({
      'envoy.filters.http.ext_authz': {
        check_settings: { context_extensions: { 'sallyport.workload': 'shop/orders' } },
      },
    });
  });

  it('are asked for at the edge and never on the way out', () => {
    const filters = (kind: HttpListener['kind']) =>
      allUnder(makeBootstrap(withListener({ kind }), '1.40'), 'http_filters')
        .flat()
        .map((filter) => allUnder([filter], 'name')[0]);
    expect(filters('edge')).toEqual(['envoy.filters.http.ext_authz', 'envoy.filters.http.router']);
    expect(filters('outbound')).toEqual(['envoy.filters.http.router']);
  });
});

describe('mutual TLS', () => {
  it('demands a client certificate on inbound listeners and no other', () => {
    const demands = (kind: HttpListener['kind']) =>
      allUnder(makeBootstrap(withListener({ kind }), '1.40'), 'require_client_certificate');
    expect(demands('inbound')).toEqual([true]);
    expect(demands('edge')).toEqual([]);
    expect(demands('outbound')).toEqual([]);
  });

  it('matches the peer of an upstream exactly, under the bundle that arrives', () => {
    expect(allUnder(makeBootstrap(PROXY, '1.40'), 'combined_validation_context')).toMatchObject([
      {
        default_validation_context: {
          match_typed_subject_alt_names: [
            { san_type: 'URI', matcher: { exact: 'spiffe://example.org/ns/shop/sa/app' } },
          ],
        },
        validation_context_sds_secret_config: { name: 'ROOTCA' },
      },
    ]);
  });

  it('asks for secrets again soon after an outage, every one of them', () => {
    const bootstrap = makeBootstrap(PROXY, '1.40');
    const services = allUnder(bootstrap, 'grpc_services').flat();
    expect(services).toHaveLength(4);
    for (const service of services) {
      expect(service).toMatchObject({
        envoy_grpc: { retry_policy: { retry_back_off: { base_interval: '0.1s', max_interval: '1s' } } },
      });
    }
  });

  it('resumes no session, so that each connection shows a certificate', () => {
    const bootstrap = makeBootstrap(PROXY, '1.40');
    expect(allUnder(bootstrap, 'disable_stateless_session_resumption')).toEqual([true]);
    expect(allUnder(bootstrap, 'max_session_keys')).toEqual([0]);
  });
});

describe('paths', () => {
  it.each([
    ['NONE', [false], [], []],
    ['BASE', [true], [false], ['KEEP_UNCHANGED']],
    ['MERGE_SLASHES', [true], [true], ['KEEP_UNCHANGED']],
    ['DECODE_AND_MERGE_SLASHES', [true], [true], ['UNESCAPE_AND_FORWARD']],
  ] as const)('are normalised as Istio does in mode %s', (pathNormalization, normalize, merge, escaped) => {
    const bootstrap = makeBootstrap(withListener({ pathNormalization }), '1.40');
    expect(allUnder(bootstrap, 'normalize_path')).toEqual(normalize);
    expect(allUnder(bootstrap, 'merge_slashes')).toEqual(merge);
    expect(allUnder(bootstrap, 'path_with_escaped_slashes_action')).toEqual(escaped);
  });
});

describe('access logs', () => {
  it('print no header but the request id, and no query', () => {
    const formats = allUnder(makeBootstrap(PROXY, '1.40'), 'json_format');
    const values = formats.flatMap((format) => Object.values(format ?? {}));
    const headers = values.flatMap((value) => String(value).match(/%REQ\(.*?\)%/g) ?? []);
    expect(new Set(headers)).toEqual(new Set(['%REQ(X-REQUEST-ID)%', '%REQ(:METHOD)%', '%REQ(:AUTHORITY)%']));
    expect(values).toContain('%PATH(NQ)%');
    expect(values).toContain('%DOWNSTREAM_PEER_SERIAL%');
  });
});

describe('releases', () => {
  it('get the network filter without a field that they do not know', () => {
    const proxy: EnvoyProxy = {
      ...PROXY,
      listeners: [
        {
          kind: 'tcp-inbound',
          name: 'bytes',
          address: INBOUND.address,
          upstream: 'app',
          identity: 'default',
        },
      ],
    };
    const namespaces = (version: '1.36' | '1.37') =>
      allUnder(makeBootstrap(proxy, version), 'metadata_context_namespaces').length;
    expect(namespaces('1.36')).toBe(0);
    expect(namespaces('1.37')).toBe(1);
  });
});

describe('text', () => {
  it('says the same in YAML and in JSON', () => {
    const bootstrap: Json = makeBootstrap(PROXY, '1.40');
    expect(parse(toYaml(bootstrap))).toEqual(bootstrap);
    expect(JSON.parse(toJson(bootstrap))).toEqual(bootstrap);
    expect(toYaml(bootstrap)).not.toMatch(/[&*]a\d/);
  });
});
