import { SallyportError } from '../base/index.ts';
import type { DiscoveryRequest, DiscoveryResponse } from '../proto/index.ts';
import { type Settled, settle } from './answer.ts';
import { forgetSent, type Push, pushChanges } from './push.ts';
import type { ResourceView } from './resource.ts';
import type { Step, StreamEvent, StreamState } from './stream-state.ts';
import { readNames, resubscribe, type Subscription } from './subscription.ts';

/** What a stream of the state-of-the-world protocol is about. */
export interface SotwInput {
  readonly typeUrl: string;
  readonly view: ResourceView;
}

/**
 * A request of a state-of-the-world stream. xDS protocol, "ACK/NACK and resource type instance version":
 * the names of a request always count, even where its nonce is stale, because requests arrive in order;
 * a stale nonce only answers nothing. A request that repeats nonce and names asks for everything again.
 */
export function sotwRequest(
  state: StreamState,
  request: DiscoveryRequest,
  { typeUrl, view }: SotwInput,
): Step<DiscoveryResponse> {
  if (request.type_url !== '' && request.type_url !== typeUrl) {
    return {
      state,
      messages: [],
      events: [{ kind: 'type_refused', typeUrl: request.type_url.slice(0, 200) }],
    };
  }
  const answer = {
    nonce: request.response_nonce,
    error: request.error_detail,
    version: request.version_info,
  };
  const settled: Settled = state.started ? settle(state, answer, true) : { state, events: [], kind: 'none' };
  const asked = readNames(request.resource_names);
  const hasNamed = settled.state.hasNamed || request.resource_names.length > 0;
  const subscription = resubscribe(settled.state, {
    names: asked.names,
    wildcard: asked.wildcard || !hasNamed,
  });
  if (subscription instanceof SallyportError) {
    return { state, messages: [], events: settled.events, end: subscription };
  }
  const next: StreamState = {
    ...settled.state,
    started: true,
    hasNamed,
    names: subscription.names,
    wildcard: subscription.wildcard,
    sent: forgetSent(settled.state.sent, subscription.removed),
  };
  const again = asksAgain(state, settled, subscription);
  const events = [...settled.events, ...asked.events, ...subscription.events];
  return send(next, { typeUrl, view }, again, events);
}

/** The view has changed: sends what is new to the client. */
export function sotwUpdate(state: StreamState, input: SotwInput): Step<DiscoveryResponse> {
  return send(state, input, false, []);
}

function send(
  state: StreamState,
  { typeUrl, view }: SotwInput,
  again: boolean,
  events: readonly StreamEvent[],
): Step<DiscoveryResponse> {
  const pushed = pushChanges(state, view, { again, saysRemoved: false });
  return {
    state: pushed.state,
    messages: pushed.pushes.map((push) => responseOf(push, typeUrl)),
    events: [...events, ...pushed.events],
  };
}

/**
 * Envoy asks in this way when a second listener wants a name that a first one has; without an answer the
 * second stays closed (envoy#47309).
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
