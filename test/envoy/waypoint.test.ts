import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { toJson } from '../../src/envoy/index.ts';
import { type OpensslCa, opensslCa } from '../fakes/openssl-ca.ts';
import { makeSite, type Site } from '../service/app/bed.ts';
import { start } from '../service/app/running.ts';
import { envoyAtHand } from './envoy-at-hand.ts';
import { callThroughHbone, type TunnelCall } from './hbone-call.ts';
import { waypointBootstrap } from './waypoint-bootstrap.ts';

const SETTINGS = `trustDomain: example.org
stateDir: ./state
listeners:
  authz:
    - { name: waypoint, address: "unix:run/authz.sock", profile: waypoint }
profiles:
  waypoint: { trustCallMetadata: true }
  untold: { like: waypoint }
policies: [./policies]
workloads: [./workloads]
`;

const POLICIES = `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: readers, namespace: shop }
spec:
  targetRefs: [{ group: gateway.networking.k8s.io, kind: Gateway, name: way }]
  rules:
    - from: [{ source: { principals: [example.org/ns/web/sa/frontend] } }]
      to: [{ operation: { paths: [/orders] } }]
    - from: [{ source: { namespaces: [web] } }]
      to: [{ operation: { paths: [/stock] } }]
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: no-guests, namespace: shop }
spec:
  action: DENY
  targetRefs: [{ group: gateway.networking.k8s.io, kind: Gateway, name: way }]
  rules:
    - from: [{ source: { principals: [example.org/ns/web/sa/guest] } }]
`;

const WAYPOINT = `apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: { name: way, namespace: shop }
spec:
  serviceAccount: way
  labels:
    gateway.istio.io/managed: istio.io-mesh-controller
    gateway.networking.k8s.io/gateway-name: way
`;

const FRONTEND = 'spiffe://example.org/ns/web/sa/frontend';
const GUEST = 'spiffe://example.org/ns/web/sa/guest';
const OTHER = 'spiffe://example.org/ns/bank/sa/other';

/** Who calls, what, and what comes of it. */
const CALLS: readonly (readonly [string, string, Omit<TunnelCall, 'port' | 'client' | 'rootPem'>, string])[] =
  [
    ['the caller that a rule names', FRONTEND, { path: '/orders' }, '200'],
    ['another path', FRONTEND, { path: '/others' }, '403 denied_no_rule'],
    ['a caller of the namespace that a rule names', FRONTEND, { path: '/stock' }, '200'],
    ['a caller that a DENY names', GUEST, { path: '/stock' }, '403 denied_by_policy'],
    ['a caller that no rule names', OTHER, { path: '/orders' }, '403 denied_no_rule'],
    [
      'one that says in headers that it is another',
      OTHER,
      {
        path: '/orders',
        headers: [`x-forwarded-client-cert: URI=${FRONTEND}`, `x-sallyport-peer: ${FRONTEND}`],
      },
      '403 denied_no_rule',
    ],
    [
      'a caller whose name is not told is nobody that a rule allows, and may be the one that a DENY names',
      FRONTEND,
      { path: '/orders', host: 'untold' },
      '403 denied_by_policy',
    ],
  ];

describe.each(['1.36', '1.40'] as const)(
  'a waypoint on Envoy %s, where mutual TLS ends in front',
  (version) => {
    it('judges by the name that filter state keeps', async ({ task }) => {
      const envoy = await envoyAtHand(version);
      task.meta.labRuntime = `Envoy ${envoy.release}, a local binary`;
      const site = makeSite(SETTINGS);
      site.write('policies/readers.yaml', POLICIES);
      site.write('workloads/orders.yaml', WAYPOINT);
      await start(site);
      const ca = opensslCa('mesh');
      const port = await freePort();
      startEnvoy(envoy.path, site, port, ca);
      const callAs = (id: string, call: Omit<TunnelCall, 'port' | 'client' | 'rootPem'>): Promise<string> =>
        callThroughHbone({ ...call, port, client: ca.issue(`URI:${id}`), rootPem: ca.certificatePem });
      await expect
        .poll(() => callAs(FRONTEND, { path: '/orders' }).catch(String), { timeout: 20_000, interval: 100 })
        .toBe('200');
      const answers: [string, string][] = [];
      for (const [what, id, call] of CALLS) {
        answers.push([what, await callAs(id, call)]);
      }
      expect(answers).toEqual(CALLS.map(([what, , , answer]) => [what, answer]));
    });
  },
);

function startEnvoy(binary: string, site: Site, port: number, ca: OpensslCa): void {
  mkdirSync(site.path('envoy'));
  const file = site.path('envoy', 'envoy.json');
  const server = ca.issue('URI:spiffe://example.org/ns/shop/sa/way', 'DNS:way');
  writeFileSync(
    file,
    toJson(
      waypointBootstrap({
        port,
        server,
        rootPem: ca.certificatePem,
        authorizerSocket: site.path('run', 'authz.sock'),
      }),
    ),
  );
  const args = ['-c', file, '--use-dynamic-base-id', '--concurrency', '1', '--log-level', 'error'];
  const child = spawn(binary, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
