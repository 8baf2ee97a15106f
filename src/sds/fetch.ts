import { SallyportError, sleep } from '../base/index.ts';
import { type Caller, describeCaller } from '../grpc/index.ts';
import { svidKeyOf, svidRequestOf, type X509Svid } from '../issuer/index.ts';
import type { DiscoveryRequest, DiscoveryResponse } from '../proto/index.ts';
import type { RegistrationEntry } from '../workload/index.ts';
import { newStream } from '../xds/index.ts';
import { validatorOf } from './node.ts';
import { SECRET_TYPE_URL, SOTW } from './protocol.ts';
import { secretView } from './secret-view.ts';
import { appEventOf, namesRefused } from './stream-events.ts';
import type { World } from './world.ts';

/** A caller that fetches once waits no longer than this for its certificate. */
const ISSUE_MILLIS_MAX = 10_000;

/**
 * The answer to one FetchSecrets: what the caller may have of what it asks for. Rejects with
 * `ERR_SDS_NO_IDENTITY` when that is nothing, `ERR_SDS_NOT_READY` when it could not be issued in time, and
 * `ERR_LIMIT_EXCEEDED` for too many names.
 */
export async function fetchSecrets(
  request: DiscoveryRequest,
  caller: Caller,
  world: World,
): Promise<DiscoveryResponse> {
  const about = { connection: caller.connectionId, listener: caller.listener, protocol: 'fetch' };
  const taken = SOTW.take(newStream(''), { ...request, response_nonce: '' });
  if (taken.end !== undefined) {
    throw taken.end;
  }
  const selectors = await world.selectorsOf(caller);
  const { wishes, entryCount } = world.rightsOf(world.entries(), world.generic(), selectors);
  const { names, wildcard } = taken.state;
  for (const event of taken.events) {
    world.events(appEventOf(event, about));
  }
  const refused = [...names].filter((name) => wishes.of(name) === undefined);
  if (refused.length > 0 || entryCount === 0) {
    world.refusals.tell(caller.listener, () => namesRefused(refused, about, selectors, entryCount));
  }
  const asked = [
    ...[...names].map((name) => wishes.of(name)),
    ...(wildcard ? wishes.all().values() : []),
  ].filter((wish) => wish !== undefined);
  if (asked.length === 0) {
    throw new SallyportError('ERR_SDS_NO_IDENTITY', 'no entry gives the caller any of the names it asks for');
  }
  const wanted = asked.flatMap((wish) => (wish.kind === 'svid' ? [wish.entry] : []));
  const svids = await issueAll(wanted, caller, world);
  const validator = world.validatorOf(caller.listener);
  const view = secretView({
    wishes,
    svidOf: (entry) => svids.get(svidKeyOf(svidRequestOf(entry))),
    bundle: world.bundle(),
    validator: request.node === null ? validator : validatorOf(request.node, validator),
    crls: world.crls(),
    cache: world.cache,
  });
  const responses = SOTW.push(taken.state, view).messages;
  if (responses.length === 0) {
    throw new SallyportError('ERR_SDS_NOT_READY', 'what the caller asks for could not be issued in time');
  }
  return {
    version_info: responses.map(({ version_info }) => version_info).join('.'),
    resources: responses.flatMap(({ resources }) => resources),
    type_url: SECRET_TYPE_URL,
    nonce: '',
  };
}

/** What could be issued in time, by the key of its request. */
async function issueAll(
  entries: readonly RegistrationEntry[],
  caller: Caller,
  { issuer, clock, events }: World,
): Promise<ReadonlyMap<string, X509Svid>> {
  const svids = new Map<string, X509Svid>();
  const issued = entries.map(async (entry) => {
    const request = svidRequestOf(entry);
    try {
      svids.set(svidKeyOf(request), await issuer.x509Svid(request, () => describeCaller(caller)));
    } catch (error) {
      events({
        level: 'error',
        event: 'sds.issuance_failed',
        message: 'a certificate that a caller asks for could not be issued',
        fields: { spiffeId: request.spiffeId.uri },
        error,
      });
    }
  });
  const finished = new AbortController();
  await Promise.race([Promise.all(issued), sleep(clock, ISSUE_MILLIS_MAX, finished.signal)]);
  finished.abort();
  return svids;
}
