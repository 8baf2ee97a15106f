import { readSpiffeId, type SpiffeId, serviceAccountOf } from '../identity/index.ts';
import type { CheckPeer, CheckRequest } from '../proto/index.ts';
import { type Directory, type Workload, workloadKindOf } from '../workload/index.ts';
import { AMBIGUOUS, type DestinationReading, UNKNOWN } from './destination-reading.ts';
import type { AuthzProfile } from './options.ts';
import { canonicalAddress } from './remote-address.ts';
import type { Snapshot } from './snapshot.ts';
import { throughWaypoint, waypointsAt } from './waypoint-service.ts';

/** Names that a route's or listener's configuration (`context_extensions`) may set. */
export const EXTENSIONS = {
  /** `<namespace>/<name>` of a WorkloadEntry, or of the Gateway of a waypoint. */
  workload: 'sallyport.workload',
  /** `Service/<namespace>/<name>` or `ServiceEntry/…`: what is asked for through a waypoint. */
  target: 'sallyport.target',
  /** A profile that takes the place of the listener's. */
  profile: 'sallyport.profile',
} as const;

/**
 * Which workload is asked for: the one that the configuration names; else the one of the destination's
 * certificate, with address and labels where several share it; else the one of its labels; else the one at the
 * address; else the profile's fallback. What is named and not known is refused rather than looked for elsewhere.
 */
export function readDestination(
  request: CheckRequest,
  profile: AuthzProfile,
  snapshot: Snapshot,
): DestinationReading {
  const { directory } = snapshot;
  const named = request.contextExtensions.get(EXTENSIONS.workload);
  const found = named === undefined ? findWorkload(request, profile, directory) : byName(directory, named);
  return found.kind === 'refused'
    ? found
    : throughWaypoint(found, request.contextExtensions.get(EXTENSIONS.target), request.destination, snapshot);
}

function findWorkload(
  request: CheckRequest,
  profile: AuthzProfile,
  directory: Directory,
): DestinationReading {
  const { destination } = request;
  const found = destination === undefined ? UNKNOWN : byPeer(directory, destination, profile);
  return found === UNKNOWN && profile.fallbackWorkload !== undefined
    ? byName(directory, profile.fallbackWorkload)
    : found;
}

function byPeer(directory: Directory, peer: CheckPeer, profile: AuthzProfile): DestinationReading {
  const id = readSpiffeId(peer.principal);
  if (id !== undefined) {
    return byIdentity(directory, id, peer);
  }
  const labelled = peer.labels.size === 0 ? [] : directory.byLabels(peer.labels);
  if (labelled.length > 0) {
    return choose(nearest(labelled, directory, peer), peer);
  }
  return choose(
    profile.kind === 'waypoint' ? waypointsAt(directory, peer) : atAddress(directory, peer),
    peer,
  );
}

/**
 * An identity that the directory does not know has no address in it either; with labels of its own it still
 * says everything that policies select by.
 */
function byIdentity(directory: Directory, id: SpiffeId, peer: CheckPeer): DestinationReading {
  const candidates = directory.byIdentity(id);
  if (candidates.length > 0) {
    return choose(nearest(candidates, directory, peer), peer);
  }
  const account = serviceAccountOf(id);
  const { labels } = peer;
  const kind = workloadKindOf(labels);
  return account === undefined || labels.size === 0 || kind.kind === 'unclear'
    ? UNKNOWN
    : {
        kind: 'destination',
        name: id.uri,
        target: { namespace: account.namespace, labels, ...kind, services: [] },
      };
}

/** Those of several that are at the address, if any are. */
function nearest(
  candidates: readonly Workload[],
  directory: Directory,
  peer: CheckPeer,
): readonly Workload[] {
  const here = atAddress(directory, peer);
  const atHere = candidates.filter((workload) => here.includes(workload));
  return atHere.length > 0 ? atHere : candidates;
}

function atAddress(directory: Directory, peer: CheckPeer): readonly Workload[] {
  const address = canonicalAddress(peer.address?.address);
  return address === undefined ? [] : directory.byAddress(address);
}

/** The one of several that is meant; those that no policy can tell apart are as good as one. */
function choose(candidates: readonly Workload[], peer: CheckPeer): DestinationReading {
  const [first] = candidates;
  if (first === undefined) {
    return UNKNOWN;
  }
  if (candidates.every((workload) => isSameTarget(workload, first))) {
    return destinationOf(first);
  }
  const labelled = candidates.filter((workload) => isSameMap(workload.labels, peer.labels));
  const [only] = labelled;
  return only !== undefined && labelled.every((workload) => isSameTarget(workload, only))
    ? destinationOf(only)
    : AMBIGUOUS;
}

function byName(directory: Directory, name: string): DestinationReading {
  const slash = name.indexOf('/');
  const workload = slash < 0 ? undefined : directory.byName(name.slice(0, slash), name.slice(slash + 1));
  return workload === undefined ? UNKNOWN : destinationOf(workload);
}

function destinationOf(workload: Workload): DestinationReading {
  return { kind: 'destination', target: workload, name: `${workload.namespace}/${workload.name}` };
}

/** Replicas of a waypoint are one, whatever their labels: policies do not look at them there. */
function isSameTarget(a: Workload, b: Workload): boolean {
  return (
    a === b ||
    (a.namespace === b.namespace &&
      a.kind === b.kind &&
      a.gatewayName === b.gatewayName &&
      (a.kind === 'waypoint' || isSameMap(a.labels, b.labels)))
  );
}

function isSameMap(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}
