import {
  DEFAULT_IDENTITY,
  type EnvoyProxy,
  type HttpListener,
  type Listener,
  type Route,
  type TcpEndpoint,
  type Upstream,
} from '../envoy/index.ts';
import type { SpiffeId } from '../identity/index.ts';
import { IDENTITIES } from './identities.ts';
import type { Places, PortName, ServiceName } from './places.ts';

export const PROXY_NAMES = ['edge', 'frontend', 'orders', 'intruder'] as const;
export type ProxyName = (typeof PROXY_NAMES)[number];

/** The answer of whoever holds the intruder's certificate where orders should be. */
export const IMPOSTOR_BODY = 'I am orders, believe me\n';

const VERDICT_TIMEOUT_MILLIS = 2000;

/** The Envoys of the lab. */
export function labProxies(places: Places): Readonly<Record<ProxyName, EnvoyProxy>> {
  return {
    edge: proxy(places, 'edge', {
      listeners: [edgeListener(places)],
      upstreams: [mutual(places, 'to-frontend', 'frontend', 'inbound', IDENTITIES.frontend)],
    }),
    frontend: proxy(places, 'frontend', {
      listeners: [
        inbound(places, 'frontend', [judged('/', 'web/frontend', 'app')]),
        outbound(places, 'frontend', 'orders', 'to-orders'),
        outbound(places, 'frontend', 'courier', 'to-orders-as-courier'),
        outbound(places, 'frontend', 'impostor', 'to-impostor'),
        tcp(places, 'frontend', 'tcp-outbound', 'to-ledger', DEFAULT_IDENTITY),
      ],
      upstreams: [
        plain(places, 'app', 'frontend-app', 'http1'),
        mutual(places, 'to-orders', 'orders', 'inbound', IDENTITIES.orders),
        { ...mutual(places, 'to-orders-as-courier', 'orders', 'inbound', IDENTITIES.orders, 'courier') },
        // Where the intruder answers: only its certificate gives it away.
        mutual(places, 'to-impostor', 'intruder', 'inbound', IDENTITIES.orders),
        { ...mutual(places, 'to-ledger', 'orders', 'ledger', IDENTITIES.ledger), protocol: 'tcp' },
      ],
    }),
    orders: proxy(places, 'orders', {
      listeners: [
        inbound(places, 'orders', [
          { ...judged('/healthz', 'shop/orders', 'app'), path: exact('/healthz'), verdict: { kind: 'none' } },
          judged('/', 'shop/orders', 'app'),
        ]),
        tcp(places, 'orders', 'tcp-inbound', 'app-bytes', IDENTITIES.ledger.uri),
      ],
      upstreams: [
        plain(places, 'app', 'orders-app', 'http1'),
        plain(places, 'app-bytes', 'orders-app', 'tcp'),
      ],
    }),
    intruder: proxy(places, 'intruder', {
      listeners: [
        inbound(places, 'intruder', [
          {
            path: { kind: 'prefix', text: '/' },
            action: { kind: 'reply', status: 200, body: IMPOSTOR_BODY },
            verdict: { kind: 'none' },
          },
        ]),
        outbound(places, 'intruder', 'orders', 'to-orders'),
        tcp(places, 'intruder', 'tcp-outbound', 'to-ledger', DEFAULT_IDENTITY),
      ],
      upstreams: [
        mutual(places, 'to-orders', 'orders', 'inbound', IDENTITIES.orders),
        { ...mutual(places, 'to-ledger', 'orders', 'ledger', IDENTITIES.ledger), protocol: 'tcp' },
      ],
    }),
  };
}

function proxy(
  places: Places,
  name: ProxyName,
  traffic: Pick<EnvoyProxy, 'listeners' | 'upstreams'>,
): EnvoyProxy {
  const socket = (file: string) => ({ kind: 'unix', path: `${places.folders.sockets}/${file}` }) as const;
  return {
    nodeId: name,
    nodeCluster: 'lab',
    admin: bind(places, name, 'admin'),
    authorizer: socket(AUTHORIZER_SOCKETS[name]),
    secrets: socket(agentSocket(name)),
    verdictTimeoutMillis: VERDICT_TIMEOUT_MILLIS,
    ...traffic,
  };
}

/** The edge is asked for under another profile than sidecars, so it has a socket of its own. */
export const AUTHORIZER_SOCKETS: Readonly<Record<ProxyName, string>> = {
  edge: 'authz-edge.sock',
  frontend: 'authz.sock',
  orders: 'authz.sock',
  intruder: 'authz.sock',
};

export function agentSocket(name: ProxyName): string {
  return `agent-${name}.sock`;
}

function edgeListener(places: Places): HttpListener {
  return {
    kind: 'edge',
    name: 'http',
    address: bind(places, 'edge', 'http'),
    identity: DEFAULT_IDENTITY,
    pathNormalization: 'BASE',
    routes: [judged('/', 'edge/edge', 'to-frontend')],
  };
}

function inbound(places: Places, service: ProxyName, routes: readonly Route[]): HttpListener {
  return {
    kind: 'inbound',
    name: 'inbound',
    address: bind(places, service, 'inbound'),
    identity: DEFAULT_IDENTITY,
    pathNormalization: 'BASE',
    routes,
  };
}

/** Sends everything on as it came; paths are normalised where they are judged. */
function outbound(places: Places, service: ProxyName, port: PortName, upstream: string): HttpListener {
  return {
    kind: 'outbound',
    name: port,
    address: bind(places, service, port),
    identity: DEFAULT_IDENTITY,
    pathNormalization: 'NONE',
    routes: [
      {
        path: { kind: 'prefix', text: '/' },
        action: { kind: 'upstream', name: upstream },
        verdict: { kind: 'none' },
      },
    ],
  };
}

function tcp(
  places: Places,
  service: ProxyName,
  kind: 'tcp-inbound' | 'tcp-outbound',
  upstream: string,
  identity: string,
): Listener {
  return { kind, name: 'ledger', address: bind(places, service, 'ledger'), upstream, identity };
}

function judged(prefix: string, workload: string, upstream: string): Route {
  return {
    path: { kind: 'prefix', text: prefix },
    action: { kind: 'upstream', name: upstream },
    verdict: { kind: 'workload', workload },
  };
}

function exact(text: string): Route['path'] {
  return { kind: 'exact', text };
}

function plain(places: Places, name: string, service: ServiceName, protocol: 'http1' | 'tcp'): Upstream {
  return {
    name,
    endpoint: { kind: 'tcp', ...places.dial(service, 'http') },
    protocol,
    tls: undefined,
    requestsPerConnectionMax: undefined,
  };
}

/** A new connection for every request, so that each one shows a handshake. */
function mutual(
  places: Places,
  name: string,
  service: ServiceName,
  port: PortName,
  peer: SpiffeId,
  as?: 'courier',
): Upstream {
  return {
    name,
    endpoint: { kind: 'tcp', ...places.dial(service, port) },
    protocol: 'http1',
    tls: { identity: as === undefined ? DEFAULT_IDENTITY : IDENTITIES[as].uri, peer },
    requestsPerConnectionMax: 1,
  };
}

function bind(places: Places, service: ServiceName, port: PortName): TcpEndpoint {
  return { kind: 'tcp', ...places.bind(service, port) };
}
