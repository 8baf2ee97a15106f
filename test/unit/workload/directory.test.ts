import { describe, expect, it } from 'vitest';
import { parseSpiffeId, parseTrustDomain } from '../../../src/identity/index.ts';
import { createDirectory, loadDirectory } from '../../../src/workload/index.ts';
import { EXAMPLE_ORG, objectsOf, objectText } from './objects.ts';

const MESH = { trustDomain: EXAMPLE_ORG, trustDomainAliases: [parseTrustDomain('old.org')] };

function load(...texts: readonly string[]) {
  return loadDirectory(objectsOf(texts.join('---\n')), MESH);
}

function entry(name: string, spec: readonly string[], head = ', namespace: web') {
  return objectText('WorkloadEntry', name, spec, head);
}

const ORDERS = entry('orders', ['address: 10.0.0.1', 'labels: { app: orders }', 'serviceAccount: orders']);

describe('loadDirectory', () => {
  it('finds a workload by name, address and identity', () => {
    const { value, diagnostics } = load(ORDERS, entry('orders-2', ['serviceAccount: orders']));
    expect(diagnostics).toEqual([]);
    expect(value?.content.workloads).toHaveLength(2);
    const orders = value?.byName('web', 'orders');
    expect(orders).toEqual({
      namespace: 'web',
      name: 'orders',
      labels: new Map([['app', 'orders']]),
      serviceAccount: 'orders',
      addresses: ['10.0.0.1'],
      kind: 'sidecar',
      gatewayName: undefined,
      services: [],
      waypointFor: undefined,
      waypoint: undefined,
    });
    expect(value?.byAddress('10.0.0.1')).toEqual([orders]);
    const named = (id: string) => value?.byIdentity(parseSpiffeId(id)).map(({ name }) => name);
    expect(named('spiffe://example.org/ns/web/sa/orders')).toEqual(['orders', 'orders-2']);
    expect(named('spiffe://old.org/ns/web/sa/orders')).toEqual(['orders', 'orders-2']);
  });

  it('gives the same object for the same workload', () => {
    const { value } = load(ORDERS);
    expect(value?.byAddress('10.0.0.1')[0]).toBe(value?.byName('web', 'orders'));
    expect(value?.byAddress('10.0.0.1')).toBe(value?.byAddress('10.0.0.1'));
  });

  it('is made again from its workloads after these were posted to another thread', () => {
    const read = load(ORDERS, entry('orders-2', ['serviceAccount: orders', 'address: 10.0.0.2'])).value;
    const made = createDirectory(
      structuredClone(read?.content ?? { workloads: [], services: [], gateways: [] }),
      MESH,
    );
    expect(made.content).toEqual(read?.content);
    expect(made.content.workloads).toHaveLength(2);
    expect(made.byName('web', 'orders')).toEqual(read?.byName('web', 'orders'));
    expect(made.byAddress('10.0.0.2')).toEqual(read?.byAddress('10.0.0.2'));
  });

  it.each([
    ['another namespace', 'spiffe://example.org/ns/shop/sa/orders'],
    ['another account', 'spiffe://example.org/ns/web/sa/order'],
    ['a foreign trust domain', 'spiffe://other.org/ns/web/sa/orders'],
    ['a longer path', 'spiffe://example.org/x/ns/web/sa/orders'],
    ['no path', 'spiffe://example.org'],
  ])('finds nothing by an identity of %s', (_, id) => {
    expect(load(ORDERS).value?.byIdentity(parseSpiffeId(id))).toEqual([]);
  });

  it('does not take a missing service account for one', () => {
    const { value } = load(entry('orders', ['address: 10.0.0.1']));
    expect(value?.byName('web', 'orders')?.serviceAccount).toBe('');
    expect(value?.byIdentity(parseSpiffeId('spiffe://example.org/ns/web/sa/default'))).toEqual([]);
  });

  it('knows names and addresses that JavaScript objects have by birth as unknown', () => {
    const { value } = load(ORDERS);
    expect(value?.byName('web', 'constructor')).toBeUndefined();
    expect(value?.byAddress('__proto__')).toEqual([]);
  });

  it.each([
    ['10.0.0.1', '10.0.0.1', true],
    ['2001:DB8:0:0::1', '2001:db8::1', true],
    ['"::ffff:10.0.0.1"', '10.0.0.1', true],
    ['10.0.0.1', '::ffff:10.0.0.1', true],
    ['10.0.0.1', '::ffff:a00:1', true],
    ['10.0.0.1', '10.0.0.2', false],
    ['10.0.0.1', '010.0.0.1', false],
    ['10.0.0.1', '', false],
  ])('an entry for %s is found by `%s`: %s', (written, asked, found) => {
    const { value, diagnostics } = load(entry('orders', [`address: ${written}`]));
    expect(diagnostics).toEqual([]);
    expect(value?.byAddress(asked).length).toBe(found ? 1 : 0);
  });

  it.each(['orders', 'Orders.example.org', 'unix:///run/orders.sock', '""'])(
    'takes `%s` as an address by which nothing is found',
    (address) => {
      const { value, diagnostics } = load(entry('orders', [`address: ${address}`]));
      expect(diagnostics).toEqual([]);
      expect(value?.byName('web', 'orders')?.addresses).toEqual([]);
      expect(value?.byAddress(address)).toEqual([]);
    },
  );

  it('lists all workloads of a shared address', () => {
    const { value } = load(entry('a', ['address: 127.0.0.1']), entry('b', ['address: 127.0.0.1']));
    expect(value?.byAddress('127.0.0.1').map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('takes every version of the object, and what only routing needs', () => {
    const all = entry('orders', [
      'address: 10.0.0.1',
      'ports: { http: 8080 }',
      'network: n1',
      'locality: r/z',
      'weight: 2',
    ]);
    for (const version of ['v1', 'v1beta1', 'v1alpha3']) {
      expect(load(all.replace('io/v1', `io/${version}`)).diagnostics).toEqual([]);
    }
  });

  it('merges labels of the object over those of its spec, as Istio does', () => {
    const { value } = load(
      entry('orders', ['labels: { app: inner, tier: back }'], ', labels: { app: outer }'),
    );
    expect(Object.fromEntries(value?.byName('default', 'orders')?.labels ?? [])).toEqual({
      app: 'outer',
      tier: 'back',
    });
  });

  it.each([
    ['{ app: edge }', 'sidecar', undefined],
    ['{ gateway.networking.k8s.io/gateway-name: edge }', 'gateway', 'edge'],
    [
      '{ gateway.networking.k8s.io/gateway-name: edge, gateway.istio.io/managed: istio.io-gateway-controller }',
      'gateway',
      'edge',
    ],
    [
      '{ gateway.networking.k8s.io/gateway-name: w, gateway.istio.io/managed: istio.io-mesh-controller }',
      'waypoint',
      'w',
    ],
    [
      '{ gateway.networking.k8s.io/gateway-name: w, gateway.networking.k8s.io/gateway-class-name: istio-waypoint }',
      'waypoint',
      'w',
    ],
    ['{ gateway.networking.k8s.io/gateway-name: w, istio.io/waypoint-for: service }', 'waypoint', 'w'],
  ])('labels %s mean a %s', (labels, kind, gatewayName) => {
    const { value, diagnostics } = load(entry('edge', [`labels: ${labels}`]));
    expect(diagnostics).toEqual([]);
    expect(value?.byName('web', 'edge')).toMatchObject({ kind, gatewayName });
  });

  it.each([
    ['adress: 10.0.0.1', 'ERR_MANIFEST_UNKNOWN_FIELD', 'error'],
    ['address: 10.0.0.1:80', 'ERR_WORKLOAD_ADDRESS', 'error'],
    ['address: 10.0.0.0/8', 'ERR_WORKLOAD_ADDRESS', 'error'],
    ['address: 10.0.0.256', 'ERR_WORKLOAD_ADDRESS', 'error'],
    ['address: 10', 'ERR_MANIFEST_SHAPE', 'error'],
    ['address: 10.0.0', 'ERR_WORKLOAD_ADDRESS', 'error'],
    ['address: a_b', 'ERR_WORKLOAD_ADDRESS', 'error'],
    ['serviceAccount: web/orders', 'ERR_MANIFEST_SHAPE', 'error'],
    ['labels: { app: "a b" }', 'ERR_MANIFEST_METADATA', 'error'],
    ['labels: { app: 1 }', 'ERR_MANIFEST_SHAPE', 'error'],
    ['ports: { http: 0 }', 'ERR_MANIFEST_SHAPE', 'error'],
    ['labels: { gateway.istio.io/managed: istio.io-mesh-controller }', 'ERR_WORKLOAD_KIND', 'error'],
    ['labels: { gateway.networking.k8s.io/gateway-name: "" }', 'ERR_WORKLOAD_KIND', 'error'],
    [
      'labels: { gateway.networking.k8s.io/gateway-name: w, istio.io/waypoint-for: pods }',
      'ERR_WORKLOAD_WAYPOINT',
      'error',
    ],
  ])('answers `%s` with %s as %s', (line, code, severity) => {
    const { value, diagnostics } = load(entry('orders', [line]));
    expect(diagnostics.map((problem) => [problem.code, problem.severity, problem.line])).toEqual([
      [code, severity, 5],
    ]);
    expect(value === undefined).toBe(severity === 'error');
  });

  it('refuses other kinds and versions, and tells of every problem at once', () => {
    const { value, diagnostics } = load(
      'apiVersion: v1\nkind: Pod\nmetadata: { name: orders }\nspec: {}\n',
      'apiVersion: v2\nkind: Service\nmetadata: { name: orders }\nspec: {}\n',
      'apiVersion: networking.istio.io/v2\nkind: WorkloadEntry\nmetadata: { name: a }\nspec: {}\n',
      'apiVersion: networking.istio.io/v1\nkind: WorkloadEntri\nmetadata: { name: b }\nspec: {}\n',
      entry('c', ['address: x:y']),
    );
    expect(value).toBeUndefined();
    expect(diagnostics.map(({ code, line, hint }) => `${code} ${line} ${hint}`)).toEqual([
      'ERR_OBJECT_KIND 2 read here: WorkloadEntry, ServiceEntry, Service, Namespace, Gateway',
      'ERR_OBJECT_KIND 6 write `v1`',
      'ERR_OBJECT_KIND 11 write `networking.istio.io/v1`',
      'ERR_OBJECT_KIND 17 did you mean `WorkloadEntry`?',
      'ERR_WORKLOAD_ADDRESS 25 write the address alone, without port or range',
    ]);
  });
});
