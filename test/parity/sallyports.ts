import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RunningSallyport, startSallyport } from '../../src/app/index.ts';
import { InvalidFilesError, systemClock, systemRandom } from '../../src/base/index.ts';
import { type ParityMesh, WORKLOAD } from './mesh.ts';

/** A whole Sallyport for one policy set: sets of other people must not judge along. */
export interface SetServer {
  readonly socket: string;
  /** Where the profile is that believes nothing of a call. */
  readonly bareSocket: string;
  stop(): Promise<void>;
}

/** Undefined with the reasons when the policies are refused. */
export async function startSetServer(input: {
  readonly folder: string;
  readonly mesh: ParityMesh;
  readonly stateFolder: string;
  readonly yaml: string;
}): Promise<SetServer | { readonly refused: string }> {
  const { folder, mesh, stateFolder, yaml } = input;
  for (const name of ['policies', 'workloads']) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  cpSync(stateFolder, join(folder, 'state'), { recursive: true });
  writeFileSync(join(folder, 'sallyport.yaml'), settings(mesh));
  writeFileSync(join(folder, 'policies', 'policies.yaml'), yaml);
  writeFileSync(join(folder, 'workloads', 'orders.yaml'), WORKLOAD_ENTRY);
  let running: RunningSallyport;
  try {
    running = await startSallyport({
      settingsPath: join(folder, 'sallyport.yaml'),
      clock: systemClock,
      random: systemRandom,
      output: { write: () => undefined },
    });
  } catch (error) {
    if (error instanceof InvalidFilesError) {
      const texts = error.diagnostics
        .filter(({ severity }) => severity === 'error')
        .map(({ path, message, code }) => `${code} ${path}: ${message}`);
      return { refused: texts.join('\n') };
    }
    throw error;
  }
  return {
    socket: join(folder, 'authz.sock'),
    bareSocket: join(folder, 'bare.sock'),
    stop: () => running.stop(),
  };
}

function settings(mesh: ParityMesh): string {
  const profile = (trustCallMetadata: boolean): object => ({
    like: mesh.side === 'edge' ? 'gateway' : 'sidecar',
    pathNormalization: mesh.pathNormalization,
    // An `edge` has added the peer itself, which counts as the first from the right.
    numTrustedProxies: mesh.trustedHops,
    trustCallMetadata,
    // A plain connection does not say whom it is for.
    fallbackWorkload: `${WORKLOAD.namespace}/${WORKLOAD.name}`,
  });
  return JSON.stringify({
    trustDomain: mesh.trustDomain,
    trustDomainAliases: mesh.aliases,
    rootNamespace: mesh.rootNamespace,
    stateDir: './state',
    listeners: {
      authz: [
        { name: 'checks', address: 'unix:authz.sock', profile: 'full' },
        { name: 'bare', address: 'unix:bare.sock', profile: 'bare' },
      ],
      admin: { address: '127.0.0.1:0' },
    },
    profiles: { full: profile(true), bare: profile(false) },
    policies: ['./policies'],
    workloads: ['./workloads'],
    allowNoPolicies: true,
  });
}

const WORKLOAD_ENTRY = JSON.stringify({
  apiVersion: 'networking.istio.io/v1',
  kind: 'WorkloadEntry',
  metadata: { name: WORKLOAD.name, namespace: WORKLOAD.namespace },
  spec: { address: '10.0.0.7', serviceAccount: 'orders', labels: WORKLOAD.labels },
});
