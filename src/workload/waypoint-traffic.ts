import type { Checked } from '../base/index.ts';
import { diagnosticAt, type ManifestObject } from '../manifest/index.ts';

/** What is sent through a waypoint: requests to services, to workloads, to both, or nothing. */
export type WaypointTraffic = (typeof TRAFFIC)[number];

const TRAFFIC = ['service', 'workload', 'all', 'none'] as const;

export const WAYPOINT_FOR_LABEL = 'istio.io/waypoint-for';

/** Reads the label of that name; undefined without one. */
export function readTraffic(object: ManifestObject, written: string | undefined): Checked<WaypointTraffic> {
  const value = TRAFFIC.find((known) => known === written);
  if (written === undefined || value !== undefined) {
    return { value, diagnostics: [] };
  }
  const where = object.labels.has(WAYPOINT_FOR_LABEL) ? 'metadata' : 'spec';
  const problem = diagnosticAt(object, [where, 'labels', WAYPOINT_FOR_LABEL], {
    code: 'ERR_WORKLOAD_WAYPOINT',
    message: `a waypoint cannot be for \`${written}\``,
    hint: `write ${TRAFFIC.map((known) => `\`${known}\``).join(', ')}`,
  });
  return { value: undefined, diagnostics: [problem] };
}
