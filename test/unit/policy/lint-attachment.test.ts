import { describe, expect, it } from 'vitest';
import { readManifests } from '../../../src/manifest/index.ts';
import { lintAttachment, loadPolicies } from '../../../src/policy/index.ts';
import { loadDirectory } from '../../../src/workload/index.ts';
import { authorization, MESH, peerAuthentication, requestAuthentication } from './load.ts';

const WORKLOADS = `
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: { namespace: web, name: orders }
spec: { address: 10.0.0.1, labels: { app: orders, version: v1 } }
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: { namespace: web, name: edge, labels: { gateway.networking.k8s.io/gateway-name: edge } }
spec: { address: 10.0.0.2 }
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { namespace: web, name: unmanned }
spec: { gatewayClassName: istio }
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { namespace: web, name: way }
spec: { gatewayClassName: istio-waypoint }
---
apiVersion: v1
kind: Service
metadata: { namespace: web, name: cart, labels: { istio.io/use-waypoint: way } }
spec: { clusterIP: 10.96.0.1, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Service
metadata: { namespace: web, name: orders }
spec: { clusterIP: 10.96.0.2, ports: [{ port: 80 }], selector: { app: orders } }
---
apiVersion: v1
kind: Service
metadata: { namespace: web, name: empty }
spec: { clusterIP: 10.96.0.3, ports: [{ port: 80 }] }
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { namespace: web, name: api, labels: { istio.io/use-waypoint: way } }
spec: { hosts: [api.example.com], ports: [{ number: 443, name: https, protocol: HTTPS }] }
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { namespace: mesh, name: way }
spec: { gatewayClassName: istio-waypoint }
`;

function lint(policies: string, workloads: string = WORKLOADS): readonly string[] {
  const objects = readManifests([{ path: 'p.yaml', text: policies }]).value ?? [];
  const loaded = loadPolicies(objects, MESH).value;
  const files = readManifests([{ path: 'w.yaml', text: workloads }]).value ?? [];
  const directory = loadDirectory(files, MESH);
  if (loaded === undefined || directory.value === undefined) {
    throw new Error(`not in order: ${JSON.stringify(directory.diagnostics)}`);
  }
  return lintAttachment(objects, loaded, directory.value, MESH.rootNamespace).map(
    ({ severity, code, line, path, message }) => {
      expect([severity, code]).toEqual(['warning', 'ERR_LINT_NO_TARGET']);
      return `${line} ${path}: ${message}`;
    },
  );
}

const gateway = (kind: 'Gateway' | 'GatewayClass', name: string) =>
  `{ group: gateway.networking.k8s.io, kind: ${kind}, name: ${name} }`;
const to = (...targets: readonly string[]) => `{ targetRefs: [${targets.join(', ')}] }`;

describe('a policy that attaches to something', () => {
  it.each([
    authorization('{ selector: { matchLabels: { app: orders } } }'),
    authorization('{ selector: { matchLabels: { app: orders, version: v1 } } }', 'p', 'istio-system'),
    authorization('{}'),
    authorization('{}', 'p', 'istio-system'),
    requestAuthentication('{ selector: { matchLabels: { app: orders } } }'),
    peerAuthentication('{ selector: { matchLabels: { app: orders } } }'),
    peerAuthentication('{ selector: { matchLabels: { app: none } } }', 'x', 'istio-system'),
    authorization(to(gateway('Gateway', 'edge'), gateway('Gateway', 'way'))),
    authorization(to('{ kind: Service, name: cart }')),
    authorization(to('{ group: networking.istio.io, kind: ServiceEntry, name: api }')),
    authorization(to(gateway('GatewayClass', 'istio-waypoint')), 'p', 'istio-system'),
    authorization(`{ targetRef: ${gateway('Gateway', 'edge')} }`),
  ])('is in order: %s', (policy) => {
    expect(lint(policy)).toEqual([]);
  });
});

describe('a policy that attaches to nothing', () => {
  it.each([
    [
      authorization('{ selector: { matchLabels: { app: order } } }'),
      '4 spec.selector: no workload in namespace `web` has these labels',
    ],
    [
      authorization('{ selector: { matchLabels: { app: orders, version: v2 } } }', 'p', 'istio-system'),
      '4 spec.selector: no workload at all has these labels',
    ],
    [
      authorization('{ selector: { matchLabels: { app: orders } } }', 'p', 'shop'),
      '4 spec.selector: no workload in namespace `shop` has these labels',
    ],
    [
      authorization('{}', 'p', 'mesh'),
      '3 metadata.namespace: there is no workload in namespace `mesh` that this holds for',
    ],
    [
      requestAuthentication('{ selector: { matchLabels: { app: order } } }'),
      '4 spec.selector: no workload in namespace `web` has these labels',
    ],
    [
      peerAuthentication('{ selector: { matchLabels: { app: order } } }'),
      '4 spec.selector: no workload in namespace `web` has these labels',
    ],
    [
      authorization(to(gateway('Gateway', 'gone'))),
      '4 spec.targetRefs[0].name: there is no Gateway `web/gone` in the folders of workloads',
    ],
    [
      authorization(`{ targetRef: ${gateway('Gateway', 'gone')} }`),
      '4 spec.targetRef.name: there is no Gateway `web/gone` in the folders of workloads',
    ],
    [
      authorization(to(gateway('Gateway', 'edge')), 'p', 'istio-system'),
      '4 spec.targetRefs[0].name: there is no Gateway `istio-system/edge` in the folders of workloads',
    ],
    [
      authorization(to(gateway('Gateway', 'way'), gateway('Gateway', 'unmanned'))),
      '4 spec.targetRefs[1].name: no workload is a proxy of Gateway `web/unmanned`',
    ],
    [
      authorization(to(gateway('GatewayClass', 'istio-waypoint'))),
      '4 spec.targetRefs[0].name: a class is a target in the root namespace alone',
    ],
    [
      authorization(to(gateway('GatewayClass', 'istio')), 'p', 'istio-system'),
      '4 spec.targetRefs[0].name: only the class `istio-waypoint` can be a target',
    ],
    [
      authorization(to('{ kind: Service, name: gone }')),
      '4 spec.targetRefs[0].name: there is no Service `web/gone` in the folders of workloads',
    ],
    [
      authorization(to('{ kind: Service, name: api }')),
      '4 spec.targetRefs[0].name: there is no Service `web/api` in the folders of workloads',
    ],
    [
      authorization(to('{ kind: Service, name: orders }')),
      '4 spec.targetRefs[0].name: Service `web/orders` has no waypoint, and no other proxy looks at it',
    ],
    [
      authorization(to('{ kind: Service, name: cart }'), 'p', 'mesh'),
      '4 spec.targetRefs[0].name: there is no Service `mesh/cart` in the folders of workloads',
    ],
  ])('case %#', (policy, warning) => {
    expect(lint(policy)).toEqual([warning]);
  });

  it('is not looked for where the folders tell of nothing', () => {
    expect(lint(authorization(to(gateway('Gateway', 'gone'))), '')).toEqual([]);
  });

  it('of a class is told where there is no waypoint', () => {
    const sidecar = WORKLOADS.split('---')[0] ?? '';
    const policy = authorization(to(gateway('GatewayClass', 'istio-waypoint')), 'p', 'istio-system');
    expect(lint(policy, sidecar)).toEqual([
      '4 spec.targetRefs[0].name: there is no waypoint in the folders of workloads',
    ]);
  });
});

it('names the workloads that a selector would reach', () => {
  const policy = authorization(to('{ kind: Service, name: orders }'));
  const objects = readManifests([{ path: 'p.yaml', text: policy }]).value ?? [];
  const loaded = loadPolicies(objects, MESH).value;
  const directory = loadDirectory(
    readManifests([{ path: 'w.yaml', text: WORKLOADS }]).value ?? [],
    MESH,
  ).value;
  if (loaded === undefined || directory === undefined) {
    throw new Error('not in order');
  }
  expect(lintAttachment(objects, loaded, directory, MESH.rootNamespace).map(({ hint }) => hint)).toEqual([
    'label it `istio.io/use-waypoint`, or name its workloads (`web/orders`) by `selector`',
  ]);
});

describe('ports of the services that a policy is for', () => {
  const ports = (targets: string, rule: string) => {
    const policy = authorization(`{ targetRefs: [${targets}], rules: [${rule}] }`);
    const objects = readManifests([{ path: 'p.yaml', text: policy }]).value ?? [];
    const loaded = loadPolicies(objects, MESH).value;
    const directory = loadDirectory(
      readManifests([{ path: 'w.yaml', text: WORKLOADS }]).value ?? [],
      MESH,
    ).value;
    if (loaded === undefined || directory === undefined) {
      throw new Error('not in order');
    }
    return lintAttachment(objects, loaded, directory, MESH.rootNamespace).map(
      ({ code, path, hint }) => `${code} ${path} ${hint}`,
    );
  };
  const cart = '{ kind: Service, name: cart }';
  const api = '{ group: networking.istio.io, kind: ServiceEntry, name: api }';

  it.each([
    [cart, '{ to: [{ operation: { ports: ["8080", "80"] } }] }', 'to[0].operation.ports[0]', '80'],
    [cart, '{ to: [{ operation: { notPorts: ["8080"] } }] }', 'to[0].operation.notPorts[0]', '80'],
    [api, '{ when: [{ key: destination.port, values: ["80"] }] }', 'when[0].values[0]', '443'],
    [
      `${api}, ${cart}`,
      '{ to: [{ operation: { ports: ["81", "443", "80"] } }] }',
      'to[0].operation.ports[0]',
      '80, 443',
    ],
  ])('%s with %s', (targets, rule, path, known) => {
    expect(ports(targets, rule)).toEqual([
      `ERR_LINT_VALUE_NEVER spec.rules[0].${path} a waypoint sees the port of the service (${known}), not that of its workloads`,
    ]);
  });

  it.each([
    [cart, '{ to: [{ operation: { ports: ["80"] } }] }'],
    [`${cart}, ${gateway('Gateway', 'way')}`, '{ to: [{ operation: { ports: ["15008"] } }] }'],
  ])('and what is in order: %s with %s', (targets, rule) => {
    expect(ports(targets, rule)).toEqual([]);
  });
});
