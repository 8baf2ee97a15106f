import type {
  DeltaDiscoveryRequest,
  DeltaDiscoveryResponse,
  DiscoveryRequest,
  DiscoveryResponse,
} from '../../../src/proto/index.ts';
import {
  contentVersion,
  type Pushed,
  pushDelta,
  pushSotw,
  type Resource,
  type ResourceView,
  type StreamState,
  type Taken,
  takeDelta,
  takeSotw,
} from '../../../src/xds/index.ts';

export const TYPE_URL = 'type.googleapis.com/test.Thing';

export function resource(name: string, content: string): Resource {
  const value = Buffer.from(content);
  return { name, version: contentVersion(value), body: { type_url: TYPE_URL, value } };
}

/** A view of contents by name; a content of `pending` is one that is still being made. */
export function viewOf(contents: Readonly<Record<string, string>>): ResourceView {
  const all = Object.entries(contents)
    .filter(([, content]) => content !== 'pending')
    .map(([name, content]) => resource(name, content));
  return {
    all: () => all,
    get: (name) => (contents[name] === 'pending' ? 'pending' : all.find((one) => one.name === name)),
  };
}

export function versionOf(content: string): string {
  return contentVersion(Buffer.from(content));
}

export function sotw(request: Partial<DiscoveryRequest>): DiscoveryRequest {
  return {
    version_info: '',
    node: null,
    resource_names: [],
    type_url: TYPE_URL,
    response_nonce: '',
    error_detail: null,
    ...request,
  };
}

export function delta(request: Partial<DeltaDiscoveryRequest>): DeltaDiscoveryRequest {
  return {
    node: null,
    type_url: TYPE_URL,
    resource_names_subscribe: [],
    resource_names_unsubscribe: [],
    initial_resource_versions: {},
    response_nonce: '',
    error_detail: null,
    ...request,
  };
}

export const REFUSED = { code: 3, message: 'does not load' };

interface World {
  readonly view: ResourceView;
}

/** A request and the push that follows it, as a service does it. */
export type Step<Response> = Pushed<Response> & Pick<Taken, 'end'>;

export function sotwRequest(
  state: StreamState,
  request: DiscoveryRequest,
  { view }: World,
): Step<DiscoveryResponse> {
  return follow(takeSotw(state, request, TYPE_URL), (next) => pushSotw(next, view, TYPE_URL));
}

export function sotwUpdate(state: StreamState, { view }: World): Step<DiscoveryResponse> {
  return pushSotw(state, view, TYPE_URL);
}

export function deltaRequest(
  state: StreamState,
  request: DeltaDiscoveryRequest,
  { view }: World,
): Step<DeltaDiscoveryResponse> {
  return follow(takeDelta(state, request, TYPE_URL), (next) => pushDelta(next, view, TYPE_URL));
}

export function deltaUpdate(state: StreamState, { view }: World): Step<DeltaDiscoveryResponse> {
  return pushDelta(state, view, TYPE_URL);
}

function follow<Response>(taken: Taken, push: (state: StreamState) => Pushed<Response>): Step<Response> {
  if (taken.end !== undefined) {
    return { ...taken, messages: [] };
  }
  const pushed = taken.state.started ? push(taken.state) : { state: taken.state, messages: [], events: [] };
  return { ...pushed, events: [...taken.events, ...pushed.events] };
}
