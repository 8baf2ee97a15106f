import type { Diagnostic } from '../../base/index.ts';
import { diagnosticAt, type ManifestObject } from '../../manifest/index.ts';
import { byAge } from '../age.ts';
import { hasLabels } from '../attach.ts';
import type { PeerPolicy, PolicyObjects } from '../model.ts';
import type { Target } from '../target.ts';

/**
 * Warnings for PeerAuthentications that select a workload which another one of its namespace selects by other
 * labels: of those of one workload only the first counts. Two with the same labels are known without workloads.
 */
export function lintPeerRivals(
  objects: readonly ManifestObject[],
  { peerAuthentication }: PolicyObjects,
  workloads: readonly (Target & { readonly name: string })[],
  rootNamespace: string,
): readonly Diagnostic[] {
  const told = new Map<PeerPolicy, { readonly winner: PeerPolicy; readonly workload: string }>();
  const peersOf = peerFinder(
    peerAuthentication.filter(({ ref, labels }) => ref.namespace !== rootNamespace && labels.length > 0),
  );
  for (const workload of workloads.filter(({ kind }) => kind === 'sidecar')) {
    const [winner, ...others] = peersOf(workload);
    for (const other of others) {
      if (winner !== undefined && !told.has(other) && !isSameScope(winner, other)) {
        told.set(other, { winner, workload: `${workload.namespace}/${workload.name}` });
      }
    }
  }
  const named = new Map(
    objects
      .filter(({ kind }) => kind === 'PeerAuthentication')
      .map((object) => [`${object.namespace}/${object.name}`, object]),
  );
  return [...told].flatMap(([{ ref }, { winner, workload }]) => {
    const object = named.get(`${ref.namespace}/${ref.name}`);
    return object === undefined
      ? []
      : [
          diagnosticAt(object, ['spec', 'selector'], {
            code: 'ERR_LINT_PEER_TWICE',
            severity: 'warning',
            message: `selects \`${workload}\`, for which \`${winner.ref.namespace}/${winner.ref.name}\` counts alone`,
            hint: 'the one with the older creationTimestamp counts, else the one whose name sorts first',
            atKey: true,
          }),
        ];
  });
}

/** Those that select a workload, by age; filed by one of their labels, so that few are looked at. */
function peerFinder(peers: readonly PeerPolicy[]): (workload: Target) => readonly PeerPolicy[] {
  const filed = Map.groupBy(peers, ({ ref, labels }) => JSON.stringify([ref.namespace, labels[0]]));
  return (workload) =>
    [...workload.labels]
      .flatMap((label) => filed.get(JSON.stringify([workload.namespace, label])) ?? [])
      .filter(({ labels }) => hasLabels(workload, labels))
      .sort(byAge);
}

function isSameScope(a: PeerPolicy, b: PeerPolicy): boolean {
  const scope = ({ labels }: PeerPolicy) => JSON.stringify(labels.toSorted());
  return scope(a) === scope(b);
}
