import type { Checked, Diagnostic } from '../base/index.ts';
import { checkShape, diagnosticAt, type ManifestObject } from '../manifest/index.ts';
import { addressProblem, canonicalAddress, isHostName } from './address.ts';
import { readTraffic, WAYPOINT_FOR_LABEL, type WaypointTraffic } from './waypoint-traffic.ts';
import type { Workload } from './workload.ts';
import { workloadEntrySchema } from './workload-entry.ts';
import { GATEWAY_NAME_LABEL, type WorkloadKind, workloadKindOf } from './workload-kind.ts';

/** A WorkloadEntry by itself: what other objects say of it is not in here. */
export interface WorkloadDraft extends Omit<Workload, 'services' | 'waypoint'> {
  readonly object: ManifestObject;
}

export function readWorkload(object: ManifestObject): Checked<WorkloadDraft> {
  const checked = checkShape(object, workloadEntrySchema);
  if (checked.value === undefined) {
    return { value: undefined, diagnostics: checked.diagnostics };
  }
  const { spec } = checked.value;
  // Where both are given, Istio takes the label of the object.
  const labels = new Map([...(spec.labels ?? []), ...object.labels]);
  const kind = workloadKindOf(labels);
  const address = readAddress(object, spec.address ?? '');
  const traffic = readTraffic(object, labels.get(WAYPOINT_FOR_LABEL));
  const diagnostics = [...checked.diagnostics, ...address.diagnostics, ...traffic.diagnostics];
  if (kind.kind === 'unclear') {
    return { value: undefined, diagnostics: [...diagnostics, unclearKind(object)] };
  }
  return {
    value: {
      object,
      namespace: object.namespace,
      name: object.name,
      labels,
      serviceAccount: spec.serviceAccount ?? '',
      addresses: address.value ?? [],
      ...proxyOf(kind, traffic.value),
    },
    diagnostics,
  };
}

function proxyOf(
  kind: Exclude<WorkloadKind, { readonly kind: 'unclear' }>,
  traffic: WaypointTraffic | undefined,
) {
  return { ...kind, waypointFor: kind.kind === 'waypoint' ? (traffic ?? 'service') : undefined };
}

function unclearKind(object: ManifestObject): Diagnostic {
  return diagnosticAt(object, ['spec', 'labels'], {
    code: 'ERR_WORKLOAD_KIND',
    message: 'labels are those of a waypoint or gateway, but do not name its Gateway',
    hint: `add the label \`${GATEWAY_NAME_LABEL}\``,
  });
}

/** Host names and sockets are allowed as in Istio; such a workload is found by its name alone. */
function readAddress(object: ManifestObject, text: string): Checked<readonly string[]> {
  const address = canonicalAddress(text);
  if (address !== undefined) {
    return { value: [address], diagnostics: [] };
  }
  const isNone = text === '' || isHostName(text) || /^unix:\/\/[/@]./.test(text);
  const hint = 'write the address alone, without port or range';
  return {
    value: [],
    diagnostics: isNone ? [] : [addressProblem(object, ['spec', 'address'], text, hint)],
  };
}
