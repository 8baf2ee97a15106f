import { hasServiceTargets, type TargetService } from '../policy/index.ts';
import type { CheckPeer } from '../proto/index.ts';
import type { Directory, ObjectName, Workload } from '../workload/index.ts';
import { AMBIGUOUS, type DestinationReading, type FoundDestination, UNKNOWN } from './destination-reading.ts';
import { canonicalAddress } from './remote-address.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * Narrows a waypoint to the service that is asked for: the one that the configuration names, else the one whose
 * address and port the request was sent to. The host header says nothing here, for the client writes it. A
 * waypoint that is not told which of its services is meant refuses: an ALLOW meant for one service would let
 * requests to another pass.
 */
export function throughWaypoint(
  base: FoundDestination,
  wanted: string | undefined,
  peer: CheckPeer | undefined,
  { directory, policies }: Snapshot,
): DestinationReading {
  const { kind, namespace, gatewayName } = base.target;
  if (kind !== 'waypoint' || gatewayName === undefined) {
    return wanted === undefined ? base : UNKNOWN;
  }
  const name = { namespace, name: gatewayName };
  const waypoint: Waypoint = {
    base,
    name,
    known: directory.waypoint(namespace, gatewayName),
    isServiceNeeded: hasServiceTargets(policies),
  };
  if (wanted !== undefined) {
    return byConfiguration(waypoint, wanted, directory);
  }
  const address = canonicalAddress(peer?.address?.address);
  return address === undefined
    ? withoutAddress(waypoint)
    : byAddress(waypoint, address, peer?.address?.port, directory);
}

/** The waypoints that a request to this address comes through. */
export function waypointsAt(directory: Directory, peer: CheckPeer): readonly Workload[] {
  const address = canonicalAddress(peer.address?.address);
  if (address === undefined) {
    return [];
  }
  const port = peer.address?.port;
  const services = directory.servicesAt(address).filter(({ ports }) => port !== undefined && ports.has(port));
  const workloads = directory.byAddress(address);
  const own = workloads.filter(({ kind }) => kind === 'waypoint');
  return own.length > 0
    ? own
    : [...services, ...workloads].flatMap(({ waypoint }) =>
        waypoint === undefined ? [] : (directory.waypoint(waypoint.namespace, waypoint.name) ?? []),
      );
}

interface Waypoint {
  readonly base: FoundDestination;
  readonly name: ObjectName;
  /** What the directory says of it; undefined for one that it does not know. */
  readonly known: Workload | undefined;
  /** False where no policy tells services apart. */
  readonly isServiceNeeded: boolean;
}

/** A waypoint of which no service is known believes its configuration. */
function byConfiguration(waypoint: Waypoint, wanted: string, directory: Directory): DestinationReading {
  const service = parseService(wanted);
  if (service === undefined) {
    return UNKNOWN;
  }
  const used = directory.service(service.kind, service.namespace, service.name)?.waypoint;
  const isBehind = used !== undefined && isSameName(used, waypoint.name);
  return isBehind || servicesOf(waypoint).length === 0 ? narrowed(waypoint, service) : UNKNOWN;
}

function byAddress(
  waypoint: Waypoint,
  address: string,
  port: number | undefined,
  directory: Directory,
): DestinationReading {
  const services = directory.servicesAt(address);
  if (services.length > 0) {
    const meant = services.filter(
      ({ ports, waypoint: used }) =>
        port !== undefined && ports.has(port) && used !== undefined && isSameName(used, waypoint.name),
    );
    const [first] = meant;
    return first === undefined ? UNKNOWN : meant.length > 1 ? AMBIGUOUS : narrowed(waypoint, first.ref);
  }
  const workloads = directory.byAddress(address);
  if (workloads.some((workload) => isReplica(workload, waypoint))) {
    return withoutAddress(waypoint);
  }
  if (workloads.length === 0) {
    return (waypoint.known?.addresses.length ?? 0) === 0 ? withoutAddress(waypoint) : UNKNOWN;
  }
  const isBehind = workloads.every(
    ({ waypoint: used }) => used !== undefined && isSameName(used, waypoint.name),
  );
  return isBehind ? narrowed(waypoint, undefined) : UNKNOWN;
}

/** The address is the waypoint's own, or not told. */
function withoutAddress(waypoint: Waypoint): DestinationReading {
  const [only, ...more] = servicesOf(waypoint);
  const traffic = waypoint.known?.waypointFor ?? 'service';
  switch (traffic) {
    case 'workload':
      return narrowed(waypoint, undefined);
    case 'none':
      return UNKNOWN;
    case 'all':
      return AMBIGUOUS;
    case 'service':
      if (only === undefined) {
        return waypoint.isServiceNeeded ? UNKNOWN : waypoint.base;
      }
      return more.length > 0 ? AMBIGUOUS : narrowed(waypoint, only);
    default:
      return traffic satisfies never;
  }
}

function servicesOf({ base, known }: Waypoint): readonly TargetService[] {
  return known?.services ?? base.target.services;
}

function parseService(text: string): TargetService | undefined {
  const [kind, namespace, name, ...more] = text.split('/');
  return (kind === 'Service' || kind === 'ServiceEntry') && namespace && name && more.length === 0
    ? { kind, namespace, name }
    : undefined;
}

/** Without a service, the request is to a workload itself. */
function narrowed({ base }: Waypoint, service: TargetService | undefined): DestinationReading {
  const { namespace, labels, kind, gatewayName } = base.target;
  const what = service === undefined ? 'a workload' : `${service.kind}/${service.namespace}/${service.name}`;
  return {
    kind: 'destination',
    target: { namespace, labels, kind, gatewayName, services: service === undefined ? [] : [service] },
    name: `${base.name} for ${what}`,
  };
}

function isReplica(workload: Workload, { name }: Waypoint): boolean {
  return (
    workload.kind === 'waypoint' &&
    isSameName({ namespace: workload.namespace, name: workload.gatewayName ?? '' }, name)
  );
}

function isSameName(a: ObjectName, b: ObjectName): boolean {
  return a.namespace === b.namespace && a.name === b.name;
}
