import { describe, expect, test } from 'vitest';
import { type Ask, ask, profileOf, snapshotOf, socket } from './bed.ts';

/** Waypoint `infra/way` for two Services and a ServiceEntry, and `infra/single` for one Service. */
const FILES = `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { namespace: infra, name: way }
spec:
  gatewayClassName: istio-waypoint
  listeners: [{ name: mesh, port: 15008, protocol: HBONE, allowedRoutes: { namespaces: { from: All } } }]
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: { namespace: infra, name: way-1, labels: { gateway.networking.k8s.io/gateway-name: way, pod: "1" } }
spec: { address: 10.0.9.1, serviceAccount: way }
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: { namespace: infra, name: way-2, labels: { gateway.networking.k8s.io/gateway-name: way, pod: "2" } }
spec: { address: 10.0.9.2, serviceAccount: way }
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { namespace: infra, name: single }
spec: { gatewayClassName: istio-waypoint }
---
apiVersion: v1
kind: Service
metadata: { namespace: infra, name: only, labels: { istio.io/use-waypoint: single } }
spec: { clusterIP: 10.96.0.9, ports: [{ port: 80 }] }
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { namespace: shop, name: pods, labels: { istio.io/waypoint-for: all } }
spec: { gatewayClassName: istio-waypoint }
---
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio.io/use-waypoint: way, istio.io/use-waypoint-namespace: infra } }
---
apiVersion: v1
kind: Service
metadata: { namespace: shop, name: cart }
spec: { clusterIP: 10.96.0.1, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Service
metadata: { namespace: shop, name: orders }
spec: { clusterIP: 10.96.0.2, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Service
metadata: { namespace: shop, name: free, labels: { istio.io/use-waypoint: none } }
spec: { clusterIP: 10.96.0.3, ports: [{ port: 80 }] }
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { namespace: shop, name: api }
spec: { hosts: [api.example.com], addresses: [10.96.0.4], ports: [{ number: 443, name: https, protocol: HTTPS }] }
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { namespace: shop, name: api-plain }
spec: { hosts: [plain.example.com], addresses: [10.96.0.4], ports: [{ number: 80, name: http, protocol: HTTP }] }
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: { namespace: shop, name: cart-1, labels: { istio.io/use-waypoint: pods } }
spec: { address: 10.0.0.1 }
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: { namespace: other, name: orders-1 }
spec: { address: 10.0.0.2 }
`;

const snapshot = snapshotOf({ workloads: FILES });
const WAY = 'spiffe://example.org/ns/infra/sa/way';
const profile = profileOf('waypoint');

function at(address: string | undefined, port = 80, principal = '', more: Ask = {}): Ask {
  const place = address === undefined ? undefined : socket(address, port);
  return { profile, destination: { principal, address: place }, ...more };
}

function named(workload: string, target: string | undefined, address?: string): Ask {
  const extensions = {
    'sallyport.workload': workload,
    ...(target === undefined ? {} : { 'sallyport.target': target }),
  };
  return at(address, 80, '', { extensions });
}

describe('the service that is asked for through a waypoint', () => {
  test.each<[string, Ask, string]>([
    ['its address alone', at('10.96.0.1'), 'infra/way-1 for Service/shop/cart'],
    ['its address, mapped into IPv6', at('::ffff:10.96.0.2'), 'infra/way-1 for Service/shop/orders'],
    [
      'its address under the identity of the waypoint',
      at('10.96.0.1', 80, WAY),
      'infra/way-1 for Service/shop/cart',
    ],
    [
      'its address at a waypoint that the configuration names',
      named('infra/way-2', undefined, '10.96.0.2'),
      'infra/way-2 for Service/shop/orders',
    ],
    ['one of two at an address, by the port', at('10.96.0.4', 443), 'infra/way-1 for ServiceEntry/shop/api'],
    ['the other of two at an address', at('10.96.0.4', 80), 'infra/way-1 for ServiceEntry/shop/api-plain'],
    [
      'the configuration names it',
      named('infra/way-1', 'ServiceEntry/shop/api'),
      'infra/way-1 for ServiceEntry/shop/api',
    ],
    [
      'the configuration rather than the address',
      named('infra/way-1', 'Service/shop/orders', '10.96.0.1'),
      'infra/way-1 for Service/shop/orders',
    ],
    [
      'the configuration, at the address of the waypoint',
      at('10.0.9.1', 80, '', { extensions: { 'sallyport.target': 'Service/shop/cart' } }),
      'infra/way-1 for Service/shop/cart',
    ],
    ['the only one of a Gateway', named('infra/single', undefined), 'infra/single for Service/infra/only'],
    ['a workload that uses a waypoint for workloads', at('10.0.0.1', 8080), 'shop/pods for a workload'],
  ])('%s', (_, request, destination) => {
    expect(ask(snapshot, request).record).toMatchObject({ effect: 'allow', destination });
  });

  test.each<[string, Ask, string]>([
    ['several services, and nothing says which', named('infra/way-1', undefined), 'destination_ambiguous'],
    [
      'several services, at the address of the waypoint itself',
      at('10.0.9.2', 15008),
      'destination_ambiguous',
    ],
    [
      'several services, at the address of another replica',
      named('infra/way-1', undefined, '10.0.9.2'),
      'destination_ambiguous',
    ],
    ['a service of no waypoint', at('10.96.0.3'), 'destination_unknown'],
    ['a service of no waypoint, at one', at('10.96.0.3', 80, WAY), 'destination_unknown'],
    ['a service of another waypoint', at('10.96.0.9', 80, WAY), 'destination_unknown'],
    ['a port that the service does not have', at('10.96.0.1', 81, WAY), 'destination_unknown'],
    [
      'a port that the service does not have, by the address alone',
      at('10.96.0.1', 81),
      'destination_unknown',
    ],
    ['an address that nobody has', at('192.0.2.1'), 'destination_unknown'],
    ['an address that nobody has, at a waypoint', at('192.0.2.1', 80, WAY), 'destination_unknown'],
    ['a workload at a waypoint for services', at('10.0.0.1', 80, WAY), 'destination_unknown'],
    ['a workload that uses no waypoint', at('10.0.0.2'), 'destination_unknown'],
    [
      'one service or a workload, and nothing says which',
      named('shop/pods', undefined),
      'destination_ambiguous',
    ],
    [
      'a service that is not behind the waypoint',
      named('infra/way-1', 'Service/infra/only'),
      'destination_unknown',
    ],
    [
      'a Service where there is a ServiceEntry',
      named('infra/way-1', 'Service/shop/api'),
      'destination_unknown',
    ],
  ])('%s: denied', (_, request, reason) => {
    expect(ask(snapshot, request).reason).toBe(reason);
  });

  test('the host header, which the client writes, says nothing', () => {
    const host = 'cart.shop.svc.cluster.local';
    expect(ask(snapshot, { ...named('infra/way-1', undefined), host }).reason).toBe('destination_ambiguous');
    expect(ask(snapshot, { ...at('10.96.0.2'), host }).record.destination).toBe(
      'infra/way-1 for Service/shop/orders',
    );
  });

  test('another kind of proxy is never asked for a service', () => {
    const request = { ...at('10.96.0.1'), profile: profileOf('sidecar') };
    expect(ask(snapshot, request).reason).toBe('destination_unknown');
  });

  test('a sidecar with the profile of a waypoint is named by its configuration', () => {
    expect(ask(snapshot, named('other/orders-1', undefined, '10.0.0.2')).record.destination).toBe(
      'other/orders-1',
    );
    const fallback = profileOf('waypoint', { fallbackWorkload: 'other/orders-1' });
    expect(ask(snapshot, { ...at('10.0.0.2'), profile: fallback }).record.destination).toBe('other/orders-1');
    expect(ask(snapshot, at('10.0.0.2')).reason).toBe('destination_unknown');
  });

  test('the fallback of a profile takes its service from the address as well', () => {
    const fallback = profileOf('waypoint', { fallbackWorkload: 'infra/single' });
    expect(ask(snapshot, { ...at(undefined), profile: fallback }).record.destination).toBe(
      'infra/single for Service/infra/only',
    );
    expect(ask(snapshot, { ...at('10.96.0.3'), profile: fallback }).reason).toBe('destination_unknown');
  });

  test('a waypoint whose services are not known must be told where a policy tells services apart', () => {
    const workloads = FILES.slice(0, FILES.indexOf('---'));
    const bare = snapshotOf({ workloads, policies: CLOSED });
    expect(ask(bare, named('infra/way', undefined)).reason).toBe('destination_unknown');
    expect(ask(bare, named('infra/way', 'Service/shop/orders')).isAllowed).toBe(true);
    expect(ask(bare, named('infra/way', 'Service/shop/cart')).reason).toBe('denied_by_policy');
    const open = snapshotOf({ workloads });
    expect(ask(open, named('infra/way', undefined)).record.destination).toBe('infra/way');
  });
});

const CLOSED = `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { namespace: shop, name: closed }
spec: { action: DENY, targetRefs: [{ kind: Service, group: "", name: cart }], rules: [{}] }
`;

test('policies of a service judge the requests to it alone', () => {
  const closed = snapshotOf({ workloads: FILES, policies: CLOSED });
  expect(ask(closed, at('10.96.0.1')).record).toMatchObject({
    reason: 'denied_by_policy',
    policy: 'shop/closed',
  });
  expect(ask(closed, at('10.96.0.2')).isAllowed).toBe(true);
  expect(ask(closed, at('10.0.0.1')).isAllowed).toBe(true);
});
