import {
  type DeltaDiscoveryRequest,
  type DeltaDiscoveryResponse,
  type DiscoveryRequest,
  type DiscoveryResponse,
  type Node,
  SECRET_TYPE,
  typeUrlOf,
} from '../proto/index.ts';
import {
  type Pushed,
  pushDelta,
  pushSotw,
  type ResourceView,
  type StreamState,
  type Taken,
  takeDelta,
  takeSotw,
} from '../xds/index.ts';

export const SECRET_TYPE_URL = typeUrlOf(SECRET_TYPE);

/** One of the two protocols of a stream of secrets. */
export interface SecretProtocol<Request, Response> {
  readonly name: 'sotw' | 'delta';
  take(state: StreamState, request: Request): Taken;
  push(state: StreamState, view: ResourceView): Pushed<Response>;
  nodeOf(request: Request): Node | null;
}

export const SOTW: SecretProtocol<DiscoveryRequest, DiscoveryResponse> = {
  name: 'sotw',
  take: (state, request) => takeSotw(state, request, SECRET_TYPE_URL),
  push: (state, view) => pushSotw(state, view, SECRET_TYPE_URL),
  nodeOf: ({ node }) => node,
};

export const DELTA: SecretProtocol<DeltaDiscoveryRequest, DeltaDiscoveryResponse> = {
  name: 'delta',
  take: (state, request) => takeDelta(state, request, SECRET_TYPE_URL),
  push: (state, view) => pushDelta(state, view, SECRET_TYPE_URL),
  nodeOf: ({ node }) => node,
};
