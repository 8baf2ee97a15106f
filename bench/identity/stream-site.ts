import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const SOCKETS = 100;
export const TRUST_BUNDLE = 'ROOTCA';

/** The identities of one socket. */
export function identitiesOf(socket: number, count: number): readonly string[] {
  const each = Math.ceil(count / SOCKETS);
  return Array.from({ length: each }, (_, index) => `spiffe://example.org/s${socket}/w${index}`);
}

export function socketPath(folder: string, socket: number): string {
  return join(folder, 'run', `${socket}.sock`);
}

/** Settings of a Sallyport with a hundred agent sockets and `count` identities. */
export function writeSite(folder: string, count: number): string {
  for (const name of ['run', 'entries', 'policies', 'workloads']) {
    mkdirSync(join(folder, name));
  }
  const sockets = Array.from({ length: SOCKETS }, (_, socket) => socket);
  for (const socket of sockets) {
    const entries = identitiesOf(socket, count).map(
      (id, index) => `apiVersion: spire.spiffe.io/v1alpha1
kind: ClusterStaticEntry
metadata: { name: s${socket}-w${index} }
spec: { spiffeID: "${id}", selectors: ["sallyport:socket:s${socket}"] }
`,
    );
    writeFileSync(join(folder, 'entries', `${socket}.yaml`), entries.join('---\n'));
  }
  writeFileSync(join(folder, 'policies', 'p.yaml'), POLICY);
  writeFileSync(join(folder, 'workloads', 'w.yaml'), WORKLOAD);
  const agents = sockets.map((socket) => `    - { name: s${socket}, address: "unix:run/${socket}.sock" }\n`);
  const path = join(folder, 'sallyport.yaml');
  writeFileSync(
    path,
    `trustDomain: example.org
stateDir: ./state
listeners:
  authz:
    - { name: checks, address: "unix:run/authz.sock" }
  agents:
${agents.join('')}  admin: { address: "127.0.0.1:0" }
policies: [./policies]
workloads: [./workloads]
entries: [./entries]
log: { level: warn, decisions: false }
`,
  );
  return path;
}

const POLICY = `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: readers, namespace: shop }
spec:
  rules:
    - from: [{ source: { principals: [example.org/ns/web/sa/frontend] } }]
      to: [{ operation: { paths: [/orders] } }]
`;

const WORKLOAD = `apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: { name: orders, namespace: shop }
spec: { address: 10.0.0.7, serviceAccount: orders, labels: { app: orders } }
`;
