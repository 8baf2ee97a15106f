import { SallyportError } from '../base/index.ts';
import type { DiscoveryRequest, DiscoveryResponse } from '../proto/index.ts';
import { type Settled, settle } from './answer.ts';
import { type Push, pushChanges } from './push.ts';
import type { ResourceView } from './resource.ts';
import { forgetSent, type Pushed, type StreamState, type Taken } from './stream-state.ts';
import { readNames, refuseType, resubscribe, type Subscription } from './subscription.ts';

/**
 * Takes a request of a state-of-the-world stream. xDS protocol, "ACK/NACK and resource type instance
 * version": the names of a request always count, even where its nonce is stale, because requests arrive in
 * order; a stale nonce only answers nothing. A request that repeats nonce and names asks for all of it again.
 */
export function takeSotw(state: StreamState, request: DiscoveryRequest, typeUrl: string): Taken {
  if (request.type_url !== '' && request.type_url !== typeUrl) {
    return refuseType(state, request.type_url);
  }
  const answer = {
    nonce: request.response_nonce,
    error: request.error_detail,
    version: request.version_info,
  };
  const settled: Settled = state.started ? settle(state, answer, true) : { state, events: [], kind: 'none' };
  const asked = readNames(request.resource_names);
  const hasNamed = state.hasNamed || request.resource_names.length > 0;
  const subscription = resubscribe(state, { names: asked.names, wildcard: asked.wildcard || !hasNamed });
  if (subscription instanceof SallyportError) {
    return { state, events: settled.events, end: subscription };
  }
  const { sent } = settled.state;
  return {
    state: {
      ...settled.state,
      started: true,
      hasNamed,
      names: subscription.names,
      wildcard: subscription.wildcard,
      sent: asksAgain(state, settled, subscription)
        ? new Map([...sent].filter(([, { answer: last }]) => last === 'rejected'))
        : forgetSent(sent, subscription.removed),
    },
    events: [...settled.events, ...asked.events, ...subscription.events],
  };
}

/** What is new to the client: at most one response unless it would be too large. */
export function pushSotw(state: StreamState, view: ResourceView, typeUrl: string): Pushed<DiscoveryResponse> {
  const pushed = pushChanges(state, view, false);
  return { ...pushed, messages: pushed.messages.map((push) => responseOf(push, typeUrl)) };
}

/**
 * Envoy asks in this way when a second listener wants a name that a first one has; without an answer the
 * second stays closed (envoy#47309). What it has rejected is not sent again.
 */
function asksAgain(before: StreamState, settled: Settled, subscription: Subscription): boolean {
  const isUnchanged =
    subscription.added.length === 0 &&
    subscription.removed.length === 0 &&
    subscription.wildcard === before.wildcard;
  const answersNothing = settled.kind === 'none' || settled.kind === 'repeated';
  return before.started && before.pending.length === 0 && isUnchanged && answersNothing;
}

function responseOf(push: Push, typeUrl: string): DiscoveryResponse {
  return {
    version_info: push.version,
    resources: push.resources.map(({ body }) => body),
    type_url: typeUrl,
    nonce: push.nonce,
  };
}
