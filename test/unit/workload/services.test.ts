import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../src/base/index.ts';
import { loadDirectory, type ServiceName } from '../../../src/workload/index.ts';
import { EXAMPLE_ORG, objectsOf, objectText } from './objects.ts';

const MESH = { trustDomain: EXAMPLE_ORG, trustDomainAliases: [] };

function load(...texts: readonly string[]) {
  return loadDirectory(objectsOf(texts.join('---\n')), MESH);
}

function problems(...texts: readonly string[]) {
  return load(...texts).diagnostics.map(({ code, severity, path }) => `${severity} ${code} ${path}`);
}

const service = (name: string, spec: readonly string[], labels = '') =>
  objectText('Service', name, spec, `, namespace: shop, labels: { ${labels} }`);
const serviceEntry = (name: string, spec: readonly string[], labels = '') =>
  objectText(
    'ServiceEntry',
    name,
    ['hosts: [api.example.com]', ...spec],
    `, namespace: ext, labels: { ${labels} }`,
  );
const workload = (name: string, spec: readonly string[], head = ', namespace: shop') =>
  objectText('WorkloadEntry', name, spec, head);

const CART: ServiceName = { kind: 'Service', namespace: 'shop', name: 'cart' };
const API: ServiceName = { kind: 'ServiceEntry', namespace: 'ext', name: 'api' };

describe('a v1 Service', () => {
  it('is found by its addresses and by name', () => {
    const { value, diagnostics } = load(
      service('cart', [
        'clusterIP: 10.96.0.1',
        'clusterIPs: [10.96.0.1, "FD00:0::1"]',
        'ports: [{ port: 80 }, { port: 443 }]',
      ]),
    );
    expect(diagnostics).toEqual([]);
    const [cart] = value?.servicesAt('10.96.0.1') ?? [];
    expect(cart).toMatchObject({ ref: CART, ports: new Set([80, 443]), waypoint: undefined });
    expect(value?.servicesAt('fd00::1')).toEqual([cart]);
    expect(value?.servicesAt('::ffff:10.96.0.1')).toEqual([cart]);
    expect(value?.service('Service', 'shop', 'cart')).toBe(cart);
    expect(value?.service('ServiceEntry', 'shop', 'cart')).toBeUndefined();
    expect(value?.servicesAt('10.96.0.2')).toEqual([]);
    expect(value?.content).toMatchObject({ workloads: [], gateways: [], services: [{ ref: CART }] });
  });

  it.each([
    ['headless', ['clusterIP: None', 'clusterIPs: [None]']],
    ['without an address yet', ['clusterIP: ""']],
    [
      'a name of something outside',
      ['type: ExternalName', 'externalName: x.example.com', 'clusterIP: 10.96.0.1'],
    ],
  ])('has no address: %s', (_, spec) => {
    const { value, diagnostics } = load(service('cart', spec));
    expect(diagnostics).toEqual([]);
    expect(value?.servicesAt('10.96.0.1')).toEqual([]);
    expect(value?.service('Service', 'shop', 'cart')).toBeDefined();
  });

  it('has the workloads that its selector selects, in its namespace', () => {
    const { value } = load(
      service('cart', ['selector: { app: cart }']),
      service('all', ['selector: {}']),
      workload('blue', ['labels: { app: cart, version: blue }']),
      workload('green', ['labels: { app: cart }']),
      workload('other', ['labels: { app: other }']),
      workload('elsewhere', ['labels: { app: cart }'], ', namespace: web'),
    );
    expect(value?.workloadsOf(CART).map(({ name }) => name)).toEqual(['blue', 'green']);
    expect(value?.workloadsOf({ ...CART, name: 'all' })).toEqual([]);
    expect(value?.workloadsOf({ ...CART, name: 'none' })).toEqual([]);
  });

  it('may carry whatever an export of a cluster carries', () => {
    const exported = [
      'sessionAffinity: None',
      'ipFamilies: [IPv4]',
      'ports: [{ name: http, port: 80, targetPort: web }]',
    ];
    expect(problems(`${service('cart', exported)}status: { loadBalancer: {} }\n`)).toEqual([]);
  });

  it.each([
    ['clusterIP: 10.96.0.0/12', 'error ERR_WORKLOAD_ADDRESS spec.clusterIP'],
    ['clusterIP: cart', 'error ERR_WORKLOAD_ADDRESS spec.clusterIP'],
    ['clusterIp: 10.96.0.1', 'error ERR_MANIFEST_UNKNOWN_FIELD spec.clusterIp'],
    ['clusterIPs: [a, b, c]', 'error ERR_MANIFEST_SHAPE spec.clusterIPs'],
    ['ports: [{ port: 0 }]', 'error ERR_MANIFEST_SHAPE spec.ports[0].port'],
    ['ports: [{ port: "80" }]', 'error ERR_MANIFEST_SHAPE spec.ports[0].port'],
    ['ports: [{ number: 80 }]', 'error ERR_MANIFEST_SHAPE spec.ports[0].port'],
    ['type: Cluster', 'error ERR_MANIFEST_SHAPE spec.type'],
    ['selector: { app: "a b" }', 'error ERR_MANIFEST_METADATA spec.selector.app'],
    ['selector: [app]', 'error ERR_MANIFEST_SHAPE spec.selector'],
  ])('with `%s` is refused', (line, problem) => {
    expect(problems(service('cart', [line]))).toEqual([problem]);
  });

  it.each([
    [LIMITS.serviceValues, 0],
    [LIMITS.serviceValues + 1, 1],
  ])('takes %i ports: %i problems', (count, expected) => {
    const ports = Array.from({ length: count }, (_, index) => `{ port: ${index + 1} }`).join(', ');
    expect(problems(service('cart', [`ports: [${ports}]`]))).toHaveLength(expected);
  });
});

describe('a ServiceEntry', () => {
  it('is found by each address that is one, in its own spelling', () => {
    const { value, diagnostics } = load(
      serviceEntry('api', [
        'addresses: [192.0.2.1, 192.0.2.2/32, 198.51.100.0/24, 0.0.0.0]',
        'ports: [{ number: 443 }]',
      ]),
    );
    expect(diagnostics).toEqual([]);
    for (const address of ['192.0.2.1', '192.0.2.2']) {
      expect(value?.servicesAt(address)).toMatchObject([{ ref: API, ports: new Set([443]) }]);
    }
    for (const address of ['198.51.100.0', '198.51.100.1', '0.0.0.0']) {
      expect(value?.servicesAt(address)).toEqual([]);
    }
  });

  it('without addresses has those that Istio allotted to it', () => {
    const status = 'status: { addresses: [{ value: 240.240.0.1, host: api.example.com }] }\n';
    const at = (text: string) => load(text + status).value?.servicesAt('240.240.0.1').length;
    expect(at(serviceEntry('api', []))).toBe(1);
    expect(at(serviceEntry('api', ['addresses: [192.0.2.1]']))).toBe(0);
  });

  it('has the workloads that it selects, or whose addresses it lists', () => {
    const entries = [
      workload('a', ['address: 10.0.0.1', 'labels: { app: api }'], ', namespace: ext'),
      workload('b', ['address: 10.0.0.2'], ', namespace: other'),
    ];
    const of = (line: string) =>
      load(serviceEntry('api', [line]), ...entries)
        .value?.workloadsOf(API)
        .map(({ name }) => name);
    expect(of('workloadSelector: { labels: { app: api } }')).toEqual(['a']);
    expect(
      of('endpoints: [{ address: 10.0.0.2 }, { address: db.example.com }, { labels: { app: api } }]'),
    ).toEqual(['b']);
    expect(of('workloadSelector: {}')).toEqual([]);
  });

  it.each([
    ['addresses: [192.0.2.300]', 'error ERR_WORKLOAD_ADDRESS spec.addresses[0]'],
    ['addresses: [api.example.com]', 'error ERR_WORKLOAD_ADDRESS spec.addresses[0]'],
    ['endpoints: [{ address: 10.0.0.1:80 }]', 'error ERR_WORKLOAD_ADDRESS spec.endpoints[0].address'],
    ['ports: [{ number: 70000 }]', 'error ERR_MANIFEST_SHAPE spec.ports[0].number'],
    ['workloadselector: { labels: { a: b } }', 'error ERR_MANIFEST_UNKNOWN_FIELD spec.workloadselector'],
    ['workloadSelector: { matchLabels: { a: b } }', ''],
  ])('with `%s` is refused', (line, problem) => {
    expect(problems(serviceEntry('api', [line])).join()).toBe(problem);
  });

  it('names hosts, and its workloads in one way', () => {
    const entry = (spec: readonly string[]) => objectText('ServiceEntry', 'api', spec);
    expect(problems(entry(['hosts: []']))).toEqual(['error ERR_MANIFEST_SHAPE spec.hosts']);
    expect(problems(entry(['hosts: ["https://x"]']))).toEqual(['error ERR_MANIFEST_SHAPE spec.hosts[0]']);
    expect(problems(entry(['hosts: ["*.example.com"]']))).toEqual([]);
    const both = ['workloadSelector: { labels: { a: b } }', 'endpoints: [{ address: 10.0.0.1 }]'];
    expect(problems(serviceEntry('api', both))).toEqual(['error ERR_MANIFEST_SHAPE spec.endpoints']);
  });

  it.each([
    [LIMITS.serviceEndpoints, 0],
    [LIMITS.serviceEndpoints + 1, 1],
  ])('takes %i endpoints: %i problems', (count, expected) => {
    const endpoints = Array.from({ length: count }, () => '{ address: 10.0.0.1 }').join(', ');
    expect(problems(serviceEntry('api', [`endpoints: [${endpoints}]`]))).toHaveLength(expected);
  });
});
