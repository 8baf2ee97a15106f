import { describe, expect, it } from 'vitest';
import { parseSpiffeId } from '../../../src/identity/index.ts';
import { loadDirectory } from '../../../src/workload/index.ts';
import { EXAMPLE_ORG, objectsOf, objectText } from './objects.ts';

const MESH = { trustDomain: EXAMPLE_ORG, trustDomainAliases: [] };

function load(...texts: readonly string[]) {
  return loadDirectory(objectsOf(texts.join('---\n')), MESH);
}

const gateway = (name: string, spec: readonly string[], head = ', namespace: shop') =>
  objectText('Gateway', name, spec, head);
const WAY = gateway('way', ['gatewayClassName: istio-waypoint']);
const service = (name: string, labels: string, namespace = 'shop') =>
  objectText('Service', name, ['ports: [{ port: 80 }]'], `, namespace: ${namespace}, labels: { ${labels} }`);
const namespace = (name: string, labels: string) =>
  objectText('Namespace', name, ['finalizers: [kubernetes]'], `, labels: { ${labels} }`);
const workload = (name: string, labels: string, spec: readonly string[] = ['address: 10.0.0.1']) =>
  objectText('WorkloadEntry', name, spec, `, namespace: shop, labels: { ${labels} }`);

const USE = 'istio.io/use-waypoint: way';
const SHOP_WAY = { namespace: 'shop', name: 'way' };

/** The waypoint of Service `shop/cart`, with the warnings. */
function waypointOfCart(...texts: readonly string[]) {
  const { value, diagnostics } = load(...texts);
  return [value?.service('Service', 'shop', 'cart')?.waypoint, diagnostics.map(({ message }) => message)];
}

describe('the waypoint of a service', () => {
  it('is the one that its label names', () => {
    expect(waypointOfCart(WAY, service('cart', USE))).toEqual([SHOP_WAY, []]);
  });

  it('is else the one that the label of its namespace names', () => {
    expect(waypointOfCart(WAY, service('cart', ''), namespace('shop', USE))).toEqual([SHOP_WAY, []]);
    expect(waypointOfCart(WAY, service('cart', ''), namespace('web', USE))[0]).toBeUndefined();
  });

  it.each(['istio.io/use-waypoint: none', 'istio.io/use-waypoint: ""'])('is none with `%s`', (label) => {
    expect(waypointOfCart(WAY, service('cart', label), namespace('shop', USE))).toEqual([undefined, []]);
  });

  it('is none for the Service of a waypoint itself', () => {
    const own = 'gateway.istio.io/managed: istio.io-mesh-controller';
    expect(waypointOfCart(WAY, service('cart', own), namespace('shop', USE))).toEqual([undefined, []]);
  });

  it('is none when the label names one that is not there, and the namespace does not help then', () => {
    const [waypoint, messages] = waypointOfCart(
      WAY,
      service('cart', 'istio.io/use-waypoint: gone'),
      namespace('shop', USE),
    );
    expect(waypoint).toBeUndefined();
    expect(messages).toEqual(['there is no waypoint `shop/gone` in the folders of workloads']);
  });

  it('is none when the Gateway is no waypoint', () => {
    const edge = gateway('way', ['gatewayClassName: istio']);
    expect(waypointOfCart(edge, service('cart', USE))).toEqual([
      undefined,
      ['there is no waypoint `shop/way` in the folders of workloads'],
    ]);
  });

  it.each([
    ['service', SHOP_WAY],
    ['all', SHOP_WAY],
    ['workload', undefined],
    ['none', undefined],
  ])('is for services: a waypoint for %s', (traffic, expected) => {
    const way = gateway(
      'way',
      ['gatewayClassName: istio-waypoint'],
      `, namespace: shop, labels: { istio.io/waypoint-for: ${traffic} }`,
    );
    const [waypoint, messages] = waypointOfCart(way, service('cart', USE));
    expect(waypoint).toEqual(expected);
    expect(messages).toEqual(
      expected === undefined ? ['the waypoint `shop/way` is not for requests to a service'] : [],
    );
    // A namespace names it for its workloads, and says nothing wrong by that.
    expect(waypointOfCart(way, service('cart', ''), namespace('shop', USE))).toEqual([expected, []]);
  });

  it.each([
    ['no listener', [], undefined],
    ['Same', ['listeners: [{ protocol: HBONE, allowedRoutes: { namespaces: { from: Same } } }]'], undefined],
    ['None', ['listeners: [{ protocol: HBONE, allowedRoutes: { namespaces: { from: None } } }]'], undefined],
    ['All', ['listeners: [{ protocol: HBONE, allowedRoutes: { namespaces: { from: All } } }]'], 'infra'],
    [
      'All of another listener',
      ['listeners: [{ protocol: HTTP, allowedRoutes: { namespaces: { from: All } } }]'],
      undefined,
    ],
    [
      'labels of the namespace',
      [
        'listeners: [{ protocol: HBONE, allowedRoutes: { namespaces: { from: Selector, selector: { matchLabels: { team: a } } } } }]',
      ],
      'infra',
    ],
    [
      'the name of the namespace',
      [
        'listeners: [{ protocol: HBONE, allowedRoutes: { namespaces: { from: Selector, selector: { matchLabels: { kubernetes.io/metadata.name: shop } } } } }]',
      ],
      'infra',
    ],
    [
      'other labels',
      [
        'listeners: [{ protocol: HBONE, allowedRoutes: { namespaces: { from: Selector, selector: { matchLabels: { team: b } } } } }]',
      ],
      undefined,
    ],
    [
      'expressions, which are not worked out',
      [
        'listeners: [{ protocol: HBONE, allowedRoutes: { namespaces: { from: Selector, selector: { matchExpressions: [{ key: team, operator: Exists }] } } } }]',
      ],
      undefined,
    ],
  ])('may be in another namespace that allows it: %s', (_, listeners, expected) => {
    const [waypoint, messages] = waypointOfCart(
      gateway('way', ['gatewayClassName: istio-waypoint', ...listeners], ', namespace: infra'),
      service('cart', `${USE}, istio.io/use-waypoint-namespace: infra`),
      namespace('shop', 'team: a'),
    );
    expect(waypoint).toEqual(expected && { namespace: expected, name: 'way' });
    expect(messages).toHaveLength(expected === undefined ? 1 : 0);
  });
});

describe('a waypoint', () => {
  it('stands for the services that use it', () => {
    const { value } = load(WAY, service('cart', USE), service('orders', ''), service('cart', USE, 'web'));
    expect(value?.waypoint('shop', 'way')).toMatchObject({
      kind: 'waypoint',
      waypointFor: 'service',
      serviceAccount: 'way',
      services: [{ kind: 'Service', namespace: 'shop', name: 'cart' }],
    });
    expect(value?.byName('shop', 'way')).toBe(value?.waypoint('shop', 'way'));
    expect(value?.byIdentity(parseSpiffeId('spiffe://example.org/ns/shop/sa/way'))).toHaveLength(1);
    expect(value?.hasGateway('shop', 'way')).toBe(true);
    expect(value?.hasGateway('web', 'way')).toBe(false);
  });

  it('is its WorkloadEntry where there is one, with or without a Gateway', () => {
    const labels = 'gateway.networking.k8s.io/gateway-name: way, istio.io/waypoint-for: service';
    for (const gateways of [[], [WAY]]) {
      const { value, diagnostics } = load(...gateways, workload('pod-1', labels), service('cart', USE));
      expect(diagnostics).toEqual([]);
      expect(value?.content.workloads.map(({ name }) => name)).toEqual(['pod-1']);
      expect(value?.waypoint('shop', 'way')?.services).toHaveLength(1);
    }
  });

  it('is told by the class of its Gateway, whatever its labels leave out', () => {
    const labels = 'gateway.networking.k8s.io/gateway-name: way';
    expect(load(WAY, workload('pod', labels)).value?.byName('shop', 'pod')?.kind).toBe('waypoint');
    const edge = gateway('way', ['gatewayClassName: istio']);
    expect(load(edge, workload('pod', labels)).value?.byName('shop', 'pod')).toMatchObject({
      kind: 'gateway',
      waypointFor: undefined,
    });
    expect(load(workload('pod', labels)).value?.byName('shop', 'pod')?.kind).toBe('gateway');
  });

  it('of a class of somebody else is told by its label', () => {
    const way = gateway(
      'way',
      ['gatewayClassName: other-waypoint'],
      ', namespace: shop, labels: { istio.io/waypoint-for: all }',
    );
    expect(load(way).value?.waypoint('shop', 'way')?.waypointFor).toBe('all');
  });

  it('gives way to a WorkloadEntry of its name', () => {
    const { value } = load(WAY, workload('way', 'app: x'));
    expect(value?.byName('shop', 'way')?.kind).toBe('sidecar');
    expect(value?.waypoint('shop', 'way')?.kind).toBe('waypoint');
  });

  it('takes requests to workloads where it is for them and they use it', () => {
    const all = gateway(
      'way',
      ['gatewayClassName: istio-waypoint'],
      ', namespace: shop, labels: { istio.io/waypoint-for: all }',
    );
    const of = (...texts: readonly string[]) => load(...texts).value?.byName('shop', 'cart')?.waypoint;
    expect(of(all, workload('cart', USE))).toEqual(SHOP_WAY);
    expect(of(all, workload('cart', ''), namespace('shop', USE))).toEqual(SHOP_WAY);
    expect(of(all, workload('cart', ''))).toBeUndefined();
    expect(of(WAY, workload('cart', USE))).toBeUndefined();
  });

  it.each([
    [gateway('g', ['gatewayclassname: istio']), ['spec.gatewayClassName']],
    [gateway('g', ['listeners: []']), ['spec.gatewayClassName']],
    [gateway('g', ['gatewayClassName: istio', 'listeners: [{ port: 80 }]']), ['spec.listeners[0].protocol']],
    [
      gateway('g', [
        'gatewayClassName: istio',
        'listeners: [{ protocol: HBONE, allowedRoutes: { namespaces: { from: Some } } }]',
      ]),
      ['spec.listeners[0].allowedRoutes.namespaces.from'],
    ],
    [
      gateway('g', ['gatewayClassName: istio-waypoint'], ', labels: { istio.io/waypoint-for: pods }'),
      ['metadata.labels["istio.io/waypoint-for"]'],
    ],
  ])('of a Gateway that is not in order is refused', (text, paths) => {
    const { value, diagnostics } = load(text);
    expect(value).toBeUndefined();
    expect(diagnostics.map(({ path }) => path).sort()).toEqual([...paths].sort());
  });
});
