import { readSpiffeId, type SpiffeId, serviceAccountOf } from '../identity/index.ts';
import type { Target, TargetService } from '../policy/index.ts';
import type { CheckPeer, CheckRequest } from '../proto/index.ts';
import { type Directory, type Workload, workloadKindOf } from '../workload/index.ts';
import type { AuthzProfile } from './options.ts';
import { canonicalAddress } from './remote-address.ts';

/** Names that a route's or listener's configuration (`context_extensions`) may set. */
export const EXTENSIONS = {
  /** `<namespace>/<name>` of a WorkloadEntry. */
  workload: 'sallyport.workload',
  /** `Service/<namespace>/<name>` or `ServiceEntry/…`: what is asked for through a waypoint. */
  target: 'sallyport.target',
  /** A profile that takes the place of the listener's. */
  profile: 'sallyport.profile',
} as const;

export type DestinationReading =
  | { readonly kind: 'destination'; readonly target: Target /** For people. */; readonly name: string }
  | { readonly kind: 'refused'; readonly reason: 'destination_unknown' | 'destination_ambiguous' };

/**
 * Which workload is asked for: the one that the configuration names; else the one of the destination's
 * certificate, with address and labels where several share it; else the one at the address; else the profile's
 * fallback. What is named and not known is refused rather than looked for elsewhere.
 */
export function readDestination(
  request: CheckRequest,
  profile: AuthzProfile,
  directory: Directory,
): DestinationReading {
  const named = request.contextExtensions.get(EXTENSIONS.workload);
  const base = named === undefined ? findWorkload(request, profile, directory) : byName(directory, named);
  return base.kind === 'refused'
    ? base
    : throughWaypoint(base, request.contextExtensions.get(EXTENSIONS.target));
}

function findWorkload(
  request: CheckRequest,
  profile: AuthzProfile,
  directory: Directory,
): DestinationReading {
  const { destination } = request;
  const id = destination === undefined ? undefined : readSpiffeId(destination.principal);
  const found =
    destination === undefined
      ? UNKNOWN
      : id === undefined
        ? choose(atAddress(directory, destination), destination)
        : byIdentity(directory, id, destination);
  return found === UNKNOWN && profile.fallbackWorkload !== undefined
    ? byName(directory, profile.fallbackWorkload)
    : found;
}

/**
 * An identity that the directory does not know has no address in it either; with labels of its own it still
 * says everything that policies select by.
 */
function byIdentity(directory: Directory, id: SpiffeId, peer: CheckPeer): DestinationReading {
  const candidates = directory.byIdentity(id);
  if (candidates.length > 0) {
    const here = atAddress(directory, peer);
    const atHere = candidates.filter((workload) => here.includes(workload));
    return choose(atHere.length > 0 ? atHere : candidates, peer);
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
    : { kind: 'refused', reason: 'destination_ambiguous' };
}

function byName(directory: Directory, name: string): DestinationReading {
  const slash = name.indexOf('/');
  const workload = slash < 0 ? undefined : directory.byName(name.slice(0, slash), name.slice(slash + 1));
  return workload === undefined ? UNKNOWN : destinationOf(workload);
}

function destinationOf(workload: Workload): DestinationReading {
  return { kind: 'destination', target: workload, name: `${workload.namespace}/${workload.name}` };
}

/**
 * Narrows a waypoint to the service that is asked for. One that stands before several services and is not told
 * which is refused: an ALLOW meant for one service would let requests to another pass.
 */
function throughWaypoint(
  base: DestinationReading & { readonly kind: 'destination' },
  wanted: string | undefined,
): DestinationReading {
  const { target, name } = base;
  if (wanted === undefined) {
    return target.services.length > 1 ? { kind: 'refused', reason: 'destination_ambiguous' } : base;
  }
  const service = parseService(wanted);
  const isKnown = target.services.some(
    (known) =>
      known.kind === service?.kind && known.namespace === service.namespace && known.name === service.name,
  );
  return service === undefined || target.kind !== 'waypoint' || !(isKnown || target.services.length === 0)
    ? UNKNOWN
    : { kind: 'destination', target: narrowed(target, service), name: `${name} for ${wanted}` };
}

function parseService(text: string): TargetService | undefined {
  const [kind, namespace, name, ...more] = text.split('/');
  return (kind === 'Service' || kind === 'ServiceEntry') && namespace && name && more.length === 0
    ? { kind, namespace, name }
    : undefined;
}

function narrowed(target: Target, service: TargetService): Target {
  const { namespace, labels, kind, gatewayName } = target;
  return { namespace, labels, kind, gatewayName, services: [service] };
}

function isSameTarget(a: Workload, b: Workload): boolean {
  return (
    a === b ||
    (a.namespace === b.namespace &&
      a.kind === b.kind &&
      a.gatewayName === b.gatewayName &&
      isSameMap(a.labels, b.labels) &&
      JSON.stringify(a.services) === JSON.stringify(b.services))
  );
}

function isSameMap(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}

const UNKNOWN: DestinationReading & { readonly kind: 'refused' } = {
  kind: 'refused',
  reason: 'destination_unknown',
};
