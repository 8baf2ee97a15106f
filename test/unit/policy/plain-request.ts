import type { Target } from '../../../src/policy/index.ts';
import type { VectorRequest } from './vectors.ts';

/** A workload without labels. */
export const PLAIN_TARGET: Target = {
  namespace: 'web',
  kind: 'sidecar',
  labels: new Map(),
  gatewayName: undefined,
  services: [],
};

/** A request of a known caller with nothing special in it. */
export const PLAIN_REQUEST: VectorRequest = {
  tcp: false,
  principals: ['spiffe://example.org/ns/web/sa/front'],
  sourceAddress: '10.0.0.1',
  remoteAddress: '10.0.0.1',
  destinationAddress: '10.0.0.9',
  destinationPort: 8080,
  sni: '',
  method: 'GET',
  host: 'orders',
  path: '/',
  headers: {},
  joinedHeaders: false,
  claims: null,
  metadata: {},
};
