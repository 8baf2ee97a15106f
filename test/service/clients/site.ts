import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { callAdmin } from '../../../src/admin/index.ts';
import { makeSite, type Site } from '../app/bed.ts';
import { serve } from '../cli/run-cli.ts';

const SETTINGS = `trustDomain: example.org
stateDir: ./state
listeners:
  agents:
    - { name: workloads, address: "unix:run/agent.sock" }
  admin: { address: "127.0.0.1:0" }
allowNoPolicies: true
entries: [./entries]
`;

/** Who gets `spiffe://example.org/clients/<name>`: processes of this executable. */
export interface Member {
  readonly name: string;
  readonly executable: string;
}

export interface ClientSite {
  readonly site: Site;
  readonly socket: string;
  readonly admin: (operation: string, input?: unknown) => Promise<unknown>;
}

/** A running Sallyport, a process of its own, that knows its callers by the kernel alone. */
export async function serveFor(members: readonly Member[], settings = SETTINGS): Promise<ClientSite> {
  const site = makeSite(settings);
  site.write('entries/web.yaml', members.map(entryText).join('---\n'));
  const running = await serve(site.settingsPath);
  onTestFinished(async () => void (await running.end('SIGTERM')));
  return {
    site,
    socket: site.path('run', 'agent.sock'),
    admin: (operation, input = null) => callAdmin(join(site.folder, 'state', 'admin.sock'), operation, input),
  };
}

/** What the kernel calls the executable of this command. */
export function executableOf([command]: readonly string[]): string {
  return realpathSync(command ?? '');
}

function entryText({ name, executable }: Member): string {
  return `apiVersion: spire.spiffe.io/v1alpha1
kind: ClusterStaticEntry
metadata: { name: ${name} }
spec:
  spiffeID: spiffe://example.org/clients/${name}
  selectors: ["unix:uid:${process.getuid?.() ?? 0}", "unix:path:${executable}"]
  hint: ${name}
`;
}
