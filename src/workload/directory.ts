import { type Checked, type Diagnostic, hasErrors, sortDiagnostics } from '../base/index.ts';
import type { ManifestObject } from '../manifest/index.ts';
import { bindWaypoints, offersOf } from './bind-waypoints.ts';
import { createDirectory } from './directory-index.ts';
import { type GatewayObject, readGateway } from './gateway.ts';
import type { Mesh } from './mesh.ts';
import { objectKey } from './object-key.ts';
import { checkKind } from './object-kind.ts';
import { readWorkload, type WorkloadDraft } from './read-workload.ts';
import { readService } from './service.ts';
import { readServiceEntry } from './service-entry.ts';
import { waypointUses } from './waypoint-use.ts';
import type { Directory, ObjectName } from './workload.ts';

const ISTIO = { group: 'networking.istio.io', versions: ['v1', 'v1beta1', 'v1alpha3'] } as const;
const CORE = { group: '', versions: ['v1'] } as const;
const KINDS = [
  { ...ISTIO, kind: 'WorkloadEntry' },
  { ...ISTIO, kind: 'ServiceEntry' },
  { ...CORE, kind: 'Service' },
  { ...CORE, kind: 'Namespace' },
  { group: 'gateway.networking.k8s.io', versions: ['v1', 'v1beta1'], kind: 'Gateway' },
] as const;

/**
 * The directory of all WorkloadEntry, Service, ServiceEntry, Gateway and Namespace objects; any other kind is an
 * error.
 */
export function loadDirectory(objects: readonly ManifestObject[], mesh: Mesh): Checked<Directory> {
  const diagnostics: Diagnostic[] = [];
  const take = <T>({ value, diagnostics: problems }: Checked<T>): readonly T[] => {
    diagnostics.push(...problems);
    return value === undefined ? [] : [value];
  };
  const known = objects.filter((object) => {
    const problems = checkKind(object, KINDS);
    diagnostics.push(...problems);
    return problems.length === 0;
  });
  const ofKind = (kind: (typeof KINDS)[number]['kind']) => known.filter((object) => object.kind === kind);
  const gateways = ofKind('Gateway').flatMap((object) => take(readGateway(object)));
  const read = {
    gateways,
    drafts: withGatewayClass(
      ofKind('WorkloadEntry').flatMap((object) => take(readWorkload(object))),
      gateways,
    ),
    services: [
      ...ofKind('Service').flatMap((object) => take(readService(object))),
      ...ofKind('ServiceEntry').flatMap((object) => take(readServiceEntry(object))),
    ],
  };
  const namespaces = new Map(ofKind('Namespace').map((object) => [object.name, object]));
  const uses = waypointUses(offersOf(read.gateways, read.drafts), namespaces);
  const bound = bindWaypoints(read, uses);
  diagnostics.push(...uses.diagnostics);
  return {
    value: hasErrors(diagnostics)
      ? undefined
      : createDirectory({ ...bound, gateways: gateways.map(({ object }) => nameOf(object)) }, mesh),
    diagnostics: sortDiagnostics(diagnostics),
  };
}

/** A proxy whose Gateway is of a waypoint's class is a waypoint, whatever its labels leave out. */
function withGatewayClass(
  drafts: readonly WorkloadDraft[],
  gateways: readonly GatewayObject[],
): readonly WorkloadDraft[] {
  const byName = new Map(gateways.map((gateway) => [objectKey(gateway.object), gateway]));
  return drafts.map((draft) => {
    const { namespace, gatewayName } = draft;
    const waypointFor =
      gatewayName === undefined
        ? undefined
        : byName.get(objectKey({ namespace, name: gatewayName }))?.waypointFor;
    return waypointFor === undefined ? draft : { ...draft, kind: 'waypoint', waypointFor };
  });
}

function nameOf({ namespace, name }: ManifestObject): ObjectName {
  return { namespace, name };
}
