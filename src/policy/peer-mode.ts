import type { PolicyRef } from './decision.ts';
import type { PeerMode, PeerModes, PeerPolicy } from './model.ts';
import type { PolicySet } from './policy-set.ts';
import type { Target } from './target.ts';

/** An unknown port gets the strictest mode that any port of the workload has. */
export function peerModeFor(set: PolicySet, target: Target, port: number | undefined): PeerMode {
  return modeAt(set.forTarget(target).peerModes, port).mode;
}

export function modeAt(
  modes: PeerModes,
  port: number | undefined,
): { readonly mode: PeerMode; readonly policy: PolicyRef | undefined } {
  const exception =
    port === undefined ? [...modes.ports.values()].find((mode) => mode === 'STRICT') : modes.ports.get(port);
  return exception === undefined
    ? { mode: modes.mode, policy: modes.policy }
    : { mode: exception, policy: modes.portPolicy };
}

/**
 * One policy of each scope counts, the oldest: mesh, then namespace, then workload, each taking over
 * what the wider one says where it says nothing. `policies` hold for the workload, oldest first.
 */
export function composePeerModes(policies: readonly PeerPolicy[], rootNamespace: string): PeerModes {
  const isRoot = (policy: PeerPolicy) => policy.ref.namespace === rootNamespace;
  const isWide = (policy: PeerPolicy) => policy.labels.length === 0;
  const workload = policies.find((policy) => !isWide(policy) && !isRoot(policy));
  const scopes = [
    policies.find((policy) => isWide(policy) && isRoot(policy)),
    policies.find((policy) => isWide(policy) && !isRoot(policy)),
    workload,
  ];
  let mode: PeerMode = 'PERMISSIVE';
  let policy: PolicyRef | undefined;
  for (const scope of scopes) {
    if (scope?.mode !== undefined) {
      mode = scope.mode;
      policy = scope.ref;
    }
  }
  const ports = (workload?.ports ?? []).map(([port, own]) => [port, own ?? mode] as const);
  return { mode, policy, ports: new Map(ports), portPolicy: workload?.ref };
}
