import type { Clock, EventSink } from '../base/index.ts';
import type { Settings } from '../config/index.ts';
import { loadPeerCredentials, type PeerCredentials } from '../grpc/index.ts';
import { type Attest, createAttestor, createDockerApi, type EntrySet } from '../workload/index.ts';

/** How callers of the agent listeners are told apart. */
export interface KernelAttestation {
  /** Undefined where the kernel cannot be asked; a socket then stands for whoever may open it. */
  readonly peerCredentials: PeerCredentials | undefined;
  readonly attest: Attest;
}

export interface KernelAttestationInput {
  readonly settings: Settings;
  readonly entries: () => EntrySet;
  /** Lets streams look at their callers again. */
  readonly onLater: () => void;
  readonly clock: Clock;
  readonly events: EventSink;
}

export async function loadKernelAttestation(input: KernelAttestationInput): Promise<KernelAttestation> {
  const { settings, events } = input;
  const { docker } = settings.attestation;
  const loading = await loadPeerCredentials();
  if (!loading.ok && settings.listeners.agents.some(({ address }) => address.kind === 'unix')) {
    events({
      level: 'warn',
      event: 'app.kernel_attestation_off',
      message: `callers of Unix sockets cannot be attested by the kernel (${loading.reason}), so no \`unix:\` selector matches`,
    });
  }
  return {
    peerCredentials: loading.ok ? loading.credentials : undefined,
    attest: createAttestor({
      ...input,
      docker: docker === undefined ? undefined : createDockerApi(docker.socket),
    }),
  };
}
