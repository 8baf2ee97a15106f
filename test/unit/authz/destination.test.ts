import { describe, expect, test } from 'vitest';
import { type Ask, ask, ORDERS, policy, profileOf, snapshotOf, socket, WORKLOADS } from './bed.ts';

/** Two workloads of one service account that policies tell apart, two that they do not, and a waypoint. */
const MANY = `${WORKLOADS}
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: { namespace: shop, name: blue }
spec: { address: 10.0.1.1, serviceAccount: cart, labels: { app: cart, version: blue } }
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: { namespace: shop, name: green }
spec: { address: 10.0.1.2, serviceAccount: cart, labels: { app: cart, version: green } }
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: { namespace: shop, name: twin-1 }
spec: { address: 10.0.1.3, serviceAccount: twin, labels: { app: twin } }
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: { namespace: shop, name: twin-2 }
spec: { address: 10.0.1.3, serviceAccount: twin, labels: { app: twin } }
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: { namespace: shop, name: same }
spec: { address: 10.0.2.1, labels: { app: same } }
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: { namespace: web, name: same }
spec: { address: 10.0.2.2, labels: { app: same } }
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata:
  namespace: shop
  name: waypoint
  labels: { gateway.networking.k8s.io/gateway-name: way, gateway.istio.io/managed: istio.io-mesh-controller }
spec: { address: 10.0.1.9, serviceAccount: way }
`;

const snapshot = snapshotOf({ workloads: MANY });
const cart = 'spiffe://example.org/ns/shop/sa/cart';

function named(workload: string, target?: string): Ask {
  return {
    extensions: {
      'sallyport.workload': workload,
      ...(target === undefined ? {} : { 'sallyport.target': target }),
    },
  };
}

function at(address: string, principal: string, labels: object = {}): Ask {
  return { destination: { principal, address: socket(address, 80), labels } };
}

describe('which workload is asked for', () => {
  test.each<[string, Ask, string]>([
    ['the configuration names it', named('web/frontend'), 'web/frontend'],
    ['its identity', at('192.0.2.1', ORDERS), 'shop/orders'],
    ['identity shared, told apart by address', at('10.0.1.2', cart), 'shop/green'],
    [
      'identity shared, told apart by labels',
      at('192.0.2.1', cart, { app: 'cart', version: 'blue' }),
      'shop/blue',
    ],
    ['identity shared by equals', at('192.0.2.1', 'spiffe://example.org/ns/shop/sa/twin'), 'shop/twin-1'],
    ['the address alone', at('10.0.0.7', ''), 'web/frontend'],
    ['the address beside a public certificate', at('10.0.0.7', 'www.example.com'), 'web/frontend'],
    ['equals at one address', at('10.0.1.3', ''), 'shop/twin-1'],
    ['labels without an identity', at('192.0.2.1', '', { app: 'cart', version: 'green' }), 'shop/green'],
    ['labels rather than the address', at('10.0.0.7', '', { app: 'cart', version: 'green' }), 'shop/green'],
    ['equals of the same labels', at('192.0.2.1', '', { app: 'twin' }), 'shop/twin-1'],
    ['labels of several, told apart by address', at('10.0.2.2', '', { app: 'same' }), 'web/same'],
    ['the address, for labels that nobody has', at('10.0.0.7', '', { app: 'none' }), 'web/frontend'],
    ['IPv4 mapped into IPv6', at('::ffff:10.0.0.7', ''), 'web/frontend'],
    [
      'an identity outside of the directory, with labels',
      at('192.0.2.1', 'spiffe://example.org/ns/shop/sa/new', { app: 'new' }),
      'spiffe://example.org/ns/shop/sa/new',
    ],
    [
      'a service behind a waypoint',
      named('shop/waypoint', 'Service/shop/cart'),
      'shop/waypoint for Service/shop/cart',
    ],
  ])('%s', (_, request, name) => {
    const { record } = ask(snapshot, request);
    expect(record).toMatchObject({ effect: 'allow', destination: name });
  });

  test.each<[string, Ask, string]>([
    ['a name that is not known', named('shop/none'), 'destination_unknown'],
    ['a name without a namespace', named('orders'), 'destination_unknown'],
    ['an empty name', named(''), 'destination_unknown'],
    ['no hint at all', { destination: { principal: '', address: undefined } }, 'destination_unknown'],
    ['an address that is not known', at('192.0.2.1', ''), 'destination_unknown'],
    [
      'no address but a path',
      { destination: { principal: '', address: { pipe: { path: '/x' } } } },
      'destination_unknown',
    ],
    [
      'an identity that is not known, at a known address',
      at('10.0.0.7', 'spiffe://example.org/ns/x/sa/y'),
      'destination_unknown',
    ],
    [
      'an identity of another domain',
      at('10.0.0.7', 'spiffe://other.org/ns/shop/sa/orders'),
      'destination_unknown',
    ],
    ['an identity shared by different ones', at('192.0.2.1', cart), 'destination_ambiguous'],
    [
      'labels of several in different namespaces',
      at('192.0.2.1', '', { app: 'same' }),
      'destination_ambiguous',
    ],
    [
      'labels that nobody has, at no known address',
      at('192.0.2.1', '', { app: 'none' }),
      'destination_unknown',
    ],
    ['a target at what is no waypoint', named('shop/orders', 'Service/shop/orders'), 'destination_unknown'],
    ['a target of no known kind', named('shop/waypoint', 'Pod/shop/cart'), 'destination_unknown'],
    ['a target with too many parts', named('shop/waypoint', 'Service/shop/cart/x'), 'destination_unknown'],
    ['a target with an empty part', named('shop/waypoint', 'Service//cart'), 'destination_unknown'],
  ])('%s is denied', (_, request, reason) => {
    expect(ask(snapshot, request).reason).toBe(reason);
  });

  test('a profile may have a fallback, which is no cure for a wrong name', () => {
    const profile = profileOf('sidecar', { fallbackWorkload: 'shop/orders' });
    expect(ask(snapshot, { ...at('192.0.2.1', ''), profile }).record.destination).toBe('shop/orders');
    expect(ask(snapshot, { ...named('shop/none'), profile }).reason).toBe('destination_unknown');
    expect(ask(snapshot, { ...at('192.0.2.1', cart), profile }).reason).toBe('destination_ambiguous');
    const missing = profileOf('sidecar', { fallbackWorkload: 'shop/none' });
    expect(ask(snapshot, { ...at('192.0.2.1', ''), profile: missing }).reason).toBe('destination_unknown');
  });

  test('what stands first in the order decides, whatever comes after it', () => {
    const profile = profileOf('sidecar', { fallbackWorkload: 'shop/twin-2' });
    const all: Ask = {
      profile,
      extensions: { 'sallyport.workload': 'web/frontend' },
      destination: {
        principal: ORDERS,
        labels: { app: 'cart', version: 'blue' },
        address: socket('10.0.1.2', 80),
      },
    };
    const without = (...parts: readonly ('extensions' | 'principal' | 'labels' | 'address')[]): Ask => ({
      profile,
      ...(parts.includes('extensions') ? {} : { extensions: all.extensions ?? {} }),
      destination: Object.fromEntries(
        Object.entries({ principal: '', address: undefined, ...all.destination }).map(([name, value]) => [
          name,
          parts.some((part) => part === name) ? (name === 'principal' ? '' : undefined) : value,
        ]),
      ),
    });
    const named = (request: Ask) => ask(snapshot, request).record.destination;
    expect(named(all)).toBe('web/frontend');
    expect(named(without('extensions'))).toBe('shop/orders');
    expect(named(without('extensions', 'principal'))).toBe('shop/blue');
    expect(named(without('extensions', 'principal', 'labels'))).toBe('shop/green');
    expect(named(without('extensions', 'principal', 'labels', 'address'))).toBe('shop/twin-2');
  });

  test('policies are those of the workload', () => {
    const closed = snapshotOf({
      workloads: MANY,
      policies: policy('DENY', '[{}]').replace(
        'rules:',
        'selector: { matchLabels: { version: green } }, rules:',
      ),
    });
    expect(ask(closed, at('10.0.1.2', cart)).reason).toBe('denied_by_policy');
    expect(ask(closed, at('10.0.1.1', cart)).isAllowed).toBe(true);
  });
});
