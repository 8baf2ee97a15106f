import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder with everything `serve` needs, short enough for socket paths. */
export interface Site {
  readonly folder: string;
  readonly settingsPath: string;
  path(...names: readonly string[]): string;
  write(name: string, text: string): void;
}

export const SETTINGS = `trustDomain: example.org
stateDir: ./state
listeners:
  authz:
    - { name: checks, address: "unix:run/authz.sock" }
  agents:
    - { name: web, address: "unix:run/web.sock" }
  admin: { address: "127.0.0.1:0" }
policies: [./policies]
workloads: [./workloads]
entries: [./entries]
`;

export const ALLOW_ORDERS = `apiVersion: security.istio.io/v1
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

export const ENTRY = `apiVersion: spire.spiffe.io/v1alpha1
kind: ClusterStaticEntry
metadata: { name: web }
spec:
  spiffeID: spiffe://example.org/ns/web/sa/frontend
  selectors: ["sallyport:socket:web"]
`;

/** Removed when the test ends. */
export function makeSite(settings: string = SETTINGS): Site {
  const folder = mkdtempSync(join(tmpdir(), 'sp-app-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = (...names: readonly string[]): string => join(folder, ...names);
  for (const name of ['policies', 'workloads', 'entries', 'run']) {
    mkdirSync(path(name));
  }
  const site: Site = {
    folder,
    settingsPath: path('sallyport.yaml'),
    path,
    write: (name, text) => writeFileSync(path(name), text),
  };
  site.write('sallyport.yaml', settings);
  site.write('policies/readers.yaml', ALLOW_ORDERS);
  site.write('workloads/orders.yaml', WORKLOAD);
  site.write('entries/web.yaml', ENTRY);
  return site;
}
