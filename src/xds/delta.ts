import { SallyportError } from '../base/index.ts';
import type { DeltaDiscoveryRequest, DeltaDiscoveryResponse } from '../proto/index.ts';
import { settle } from './answer.ts';
import { forgetSent, type Push, pushChanges } from './push.ts';
import type { ResourceView } from './resource.ts';
import type { Sent, Step, StreamEvent, StreamState } from './stream-state.ts';
import { readNames, resubscribe, type Subscription } from './subscription.ts';

/** What an incremental stream is about. */
export interface DeltaInput {
  readonly typeUrl: string;
  readonly view: ResourceView;
}

/**
 * A request of an incremental stream. xDS protocol, "Incremental xDS": every subscribe is answered, even
 * with what the client has; only the first request of a stream may say what it still holds from before.
 * A name nobody has gets no answer until it appears: Envoy would take "removed" for "ready" and open its
 * port without a certificate.
 */
export function deltaRequest(
  state: StreamState,
  request: DeltaDiscoveryRequest,
  input: DeltaInput,
): Step<DeltaDiscoveryResponse> {
  if (request.type_url !== '' && request.type_url !== input.typeUrl) {
    return {
      state,
      messages: [],
      events: [{ kind: 'type_refused', typeUrl: request.type_url.slice(0, 200) }],
    };
  }
  const answer = { nonce: request.response_nonce, error: request.error_detail, version: undefined };
  const settled = state.started ? settle(state, answer, false) : { state, events: [] };
  const on = readNames(request.resource_names_subscribe);
  const off = readNames(request.resource_names_unsubscribe);
  const asksForAll = !state.started && request.resource_names_subscribe.length === 0;
  const subscription = resubscribe(settled.state, {
    names: new Set([...[...state.names].filter((name) => !off.names.has(name)), ...on.names]),
    wildcard: on.wildcard || asksForAll || (state.wildcard && !off.wildcard),
  });
  if (subscription instanceof SallyportError) {
    return { state, messages: [], events: settled.events, end: subscription };
  }
  const forgotten = forgetSent(settled.state.sent, [...off.names, ...on.names]);
  const next: StreamState = {
    ...settled.state,
    started: true,
    hasNamed: state.hasNamed || on.names.size > 0,
    names: subscription.names,
    wildcard: subscription.wildcard,
    sent: state.started ? forgotten : heldFromBefore(request, subscription, input.view),
  };
  return send(next, input, [...settled.events, ...on.events, ...subscription.events]);
}

/** The view has changed: sends what is new to the client and says what has gone. */
export function deltaUpdate(state: StreamState, input: DeltaInput): Step<DeltaDiscoveryResponse> {
  return send(state, input, []);
}

function send(
  state: StreamState,
  { typeUrl, view }: DeltaInput,
  events: readonly StreamEvent[],
): Step<DeltaDiscoveryResponse> {
  const pushed = pushChanges(state, view, { again: false, saysRemoved: true });
  return {
    state: pushed.state,
    messages: pushed.pushes.map((push) => responseOf(push, typeUrl)),
    events: [...events, ...pushed.events],
  };
}

/** What the client brought along counts as sent only where it is what would be sent. */
function heldFromBefore(
  request: DeltaDiscoveryRequest,
  { names, wildcard }: Subscription,
  view: ResourceView,
): ReadonlyMap<string, Sent> {
  const sent = new Map<string, Sent>();
  const held = new Map(Object.entries(request.initial_resource_versions));
  const current = wildcard ? view.all() : [];
  for (const found of [...current, ...[...names].map((name) => view.get(name))]) {
    if (found !== undefined && found !== 'pending' && held.get(found.name) === found.version) {
      sent.set(found.name, { version: found.version, answer: 'accepted' });
    }
  }
  return sent;
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
