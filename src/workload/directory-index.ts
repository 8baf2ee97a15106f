import { byCodeUnit } from '../base/index.ts';
import { type SpiffeId, serviceAccountOf } from '../identity/index.ts';
import { canonicalAddress } from './address.ts';
import type { Mesh } from './mesh.ts';
import { objectKey } from './object-key.ts';
import type { Directory, DirectoryContent, Service, ServiceName, Workload } from './workload.ts';

/** For what was checked already, such as what another thread read. */
export function createDirectory(content: DirectoryContent, mesh: Mesh): Directory {
  const { workloads, services, gateways } = content;
  const trustDomains = new Set<string>([mesh.trustDomain, ...mesh.trustDomainAliases]);
  // Backwards, so that of two with one name the first stays: a WorkloadEntry rather than a waypoint's Gateway.
  const named = new Map(workloads.toReversed().map((workload) => [objectKey(workload), workload]));
  const addressed = grouped(workloads, ({ addresses }) => addresses);
  const accounts = grouped(workloads, ({ namespace, serviceAccount }) =>
    serviceAccount === '' ? [] : [objectKey({ namespace, name: serviceAccount })],
  );
  const labelled = grouped(workloads, ({ labels }) => [labelsKey(labels)]);
  const waypoints = grouped(workloads, ({ kind, namespace, gatewayName: name }) =>
    kind === 'waypoint' && name !== undefined ? [objectKey({ namespace, name })] : [],
  );
  const servicesByAddress = grouped(services, ({ addresses }) => new Set(addresses));
  const servicesByName = new Map(services.map((service) => [serviceKey(service.ref), service]));
  const gatewayNames = new Set(gateways.map(objectKey));
  const byAddress = (address: string) => lookUp(addressed, address);
  return {
    content,
    byName: (namespace, name) => named.get(objectKey({ namespace, name })),
    byAddress,
    byIdentity: (id) => (trustDomains.has(id.trustDomain) ? ofAccount(accounts, id) : []),
    byLabels: (labels) => labelled.get(labelsKey(labels)) ?? [],
    servicesAt: (address) => lookUp(servicesByAddress, address),
    service: (kind, namespace, name) => servicesByName.get(serviceKey({ kind, namespace, name })),
    workloadsOf: (service) => workloadsOf(servicesByName.get(serviceKey(service)), workloads, byAddress),
    waypoint: (namespace, gatewayName) => waypoints.get(objectKey({ namespace, name: gatewayName }))?.[0],
    hasGateway: (namespace, name) => gatewayNames.has(objectKey({ namespace, name })),
  };
}

function grouped<T>(
  all: readonly T[],
  keysOf: (one: T) => Iterable<string>,
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    for (const key of keysOf(one)) {
      const group = groups.get(key);
      if (group === undefined) {
        groups.set(key, [one]);
      } else {
        group.push(one);
      }
    }
  }
  return groups;
}

/** Asked with canonical text as a rule, which then is not parsed again. */
function lookUp<T>(byAddress: ReadonlyMap<string, readonly T[]>, address: string): readonly T[] {
  return byAddress.get(address) ?? byAddress.get(canonicalAddress(address) ?? '') ?? [];
}

function ofAccount(accounts: ReadonlyMap<string, readonly Workload[]>, id: SpiffeId): readonly Workload[] {
  const account = serviceAccountOf(id);
  return account === undefined ? [] : (accounts.get(objectKey(account)) ?? []);
}

function labelsKey(labels: ReadonlyMap<string, string>): string {
  return JSON.stringify([...labels].sort(([a], [b]) => byCodeUnit(a, b)));
}

function serviceKey({ kind, namespace, name }: ServiceName): string {
  return `${kind}/${namespace}/${name}`;
}

function workloadsOf(
  service: Service | undefined,
  workloads: readonly Workload[],
  byAddress: (address: string) => readonly Workload[],
): readonly Workload[] {
  if (service === undefined) {
    return [];
  }
  const { ref, selector, endpoints } = service;
  const selected =
    selector === undefined
      ? []
      : workloads.filter(
          ({ namespace, labels }) =>
            namespace === ref.namespace && [...selector].every(([name, value]) => labels.get(name) === value),
        );
  return [...new Set([...selected, ...endpoints.flatMap(byAddress)])];
}
