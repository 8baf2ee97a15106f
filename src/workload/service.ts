import { z } from 'zod';
import { type Checked, LIMITS } from '../base/index.ts';
import { checkShape, type ManifestObject } from '../manifest/index.ts';
import { addressProblem, canonicalAddress } from './address.ts';
import { foreign, foreignObject, portNumber } from './foreign-object.ts';
import { labelMap } from './label-map.ts';
import type { Service } from './workload.ts';

/** A service by itself: which waypoint it uses is not in here. */
export interface ServiceDraft extends Omit<Service, 'waypoint'> {
  readonly object: ManifestObject;
}

const serviceSchema = foreignObject({
  spec: foreign({
    type: z.enum(['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName']).optional(),
    clusterIP: z.string().optional(),
    clusterIPs: z.array(z.string()).max(2).optional(),
    selector: labelMap.optional(),
    ports: z
      .array(foreign({ port: portNumber }))
      .max(LIMITS.serviceValues)
      .optional(),
  }),
});

/** Reads a `v1 Service`. Headless ones, and names of something outside, have no address of their own. */
export function readService(object: ManifestObject): Checked<ServiceDraft> {
  const { value, diagnostics } = checkShape(object, serviceSchema);
  if (value === undefined) {
    return { value: undefined, diagnostics };
  }
  const { type, clusterIP = '', clusterIPs, selector, ports = [] } = value.spec;
  const isOutside = type === 'ExternalName';
  const written = (clusterIPs ?? []).length === 0 ? [clusterIP] : (clusterIPs ?? []);
  const texts = isOutside ? [] : written.filter((text) => text !== '' && text !== 'None');
  const addresses = texts.map(canonicalAddress).filter((address) => address !== undefined);
  return {
    value: {
      object,
      ref: { kind: 'Service', namespace: object.namespace, name: object.name },
      addresses,
      ports: new Set(ports.map(({ port }) => port)),
      selector: isOutside || (selector?.size ?? 0) === 0 ? undefined : selector,
      endpoints: [],
    },
    diagnostics: texts
      .filter((text) => canonicalAddress(text) === undefined)
      .map((text) => addressProblem(object, ['spec', 'clusterIP'], text, 'write an IP address, or `None`')),
  };
}
