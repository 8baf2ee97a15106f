import { LIMITS, SallyportError } from '../base/index.ts';
import type { DeltaDiscoveryRequest, DeltaDiscoveryResponse } from '../proto/index.ts';
import { settle } from './answer.ts';
import { type Push, pushChanges } from './push.ts';
import type { ResourceView } from './resource.ts';
import { forgetSent, type Pushed, type Sent, type StreamState, type Taken } from './stream-state.ts';
import { bytesOf, readNames, refuseType, resubscribe, type Subscription } from './subscription.ts';

/**
 * Takes a request of an incremental stream. xDS protocol, "Incremental xDS": every subscribe is answered,
 * even with what the client has; only the first request of a stream may say what it still holds from before.
 * A name nobody has gets no answer until it appears: Envoy would take "removed" for "ready" and open its
 * port without a certificate.
 */
export function takeDelta(state: StreamState, request: DeltaDiscoveryRequest, typeUrl: string): Taken {
  if (request.type_url !== '' && request.type_url !== typeUrl) {
    return refuseType(state, request.type_url);
  }
  const answer = { nonce: request.response_nonce, error: request.error_detail, version: undefined };
  const settled = state.started ? settle(state, answer, false) : { state, events: [] };
  const on = readNames(request.resource_names_subscribe);
  const off = readNames(request.resource_names_unsubscribe);
  const asksForAll = !state.started && request.resource_names_subscribe.length === 0;
  const subscription = resubscribe(state, {
    names: new Set([...[...state.names].filter((name) => !off.names.has(name)), ...on.names]),
    wildcard: on.wildcard || asksForAll || (state.wildcard && !off.wildcard),
  });
  if (subscription instanceof SallyportError) {
    return { state, events: settled.events, end: subscription };
  }
  return {
    state: {
      ...settled.state,
      started: true,
      hasNamed: state.hasNamed || on.names.size > 0,
      names: subscription.names,
      wildcard: subscription.wildcard,
      sent: state.started
        ? forgetSent(settled.state.sent, [...off.names, ...on.names])
        : heldFromBefore(request, subscription),
    },
    events: [...settled.events, ...on.events, ...subscription.events],
  };
}

/** What is new to the client, and what has gone. */
export function pushDelta(
  state: StreamState,
  view: ResourceView,
  typeUrl: string,
): Pushed<DeltaDiscoveryResponse> {
  const pushed = pushChanges(state, view, true);
  return { ...pushed, messages: pushed.messages.map((push) => responseOf(push, typeUrl)) };
}

/**
 * What the client brings along counts as sent, so that only what differs from it is. What is past the limits is
 * as if it had not been said, and so is sent once more.
 */
function heldFromBefore(
  request: DeltaDiscoveryRequest,
  { names, wildcard }: Subscription,
): ReadonlyMap<string, Sent> {
  const held = new Map<string, Sent>();
  let bytes = 0;
  for (const [name, version] of Object.entries(request.initial_resource_versions)) {
    bytes += bytesOf([name]);
    if (held.size === LIMITS.resourceNames || bytes > LIMITS.subscriptionBytes) {
      break;
    }
    if ((wildcard || names.has(name)) && version.length <= LIMITS.resourceVersionChars) {
      held.set(name, { version, answer: 'accepted' });
    }
  }
  return held;
}

function responseOf(push: Push, typeUrl: string): DeltaDiscoveryResponse {
  return {
    system_version_info: push.version,
    resources: push.resources.map(({ name, version, body }) => ({ name, version, resource: body })),
    type_url: typeUrl,
    removed_resources: push.removed,
    nonce: push.nonce,
  };
}
