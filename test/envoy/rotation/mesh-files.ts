import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type EnvoyProxy,
  type EnvoyVersion,
  makeBootstrap,
  type TcpEndpoint,
  toJson,
} from '../../../src/envoy/index.ts';
import { parseSpiffeId } from '../../../src/identity/index.ts';

export const PEERS = ['caller', 'callee'] as const;
export type Peer = (typeof PEERS)[number];

/** How Envoys ask for secrets: the whole state of the world, or what changed of it. */
export type SecretApi = 'sotw' | 'delta';

export interface MeshPlan {
  readonly version: EnvoyVersion;
  readonly api: SecretApi;
  readonly svidTtlSeconds: number;
}

export interface MeshPorts {
  readonly host: string;
  readonly outbound: number;
  readonly inbound: number;
  readonly callerAdmin: number;
  readonly calleeAdmin: number;
}

export const SPIFFE_IDS: Readonly<Record<Peer, string>> = {
  caller: 'spiffe://example.org/caller',
  callee: 'spiffe://example.org/callee',
};

/** Certificates are never cut short while their TTL is a sixth of their issuer's. */
const TTL_RATIO = 6;

/** Settings, entries and the configuration of two Envoys, which open a new connection for every request. */
export function writeMeshFiles(folder: string, plan: MeshPlan, ports: MeshPorts): void {
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  write('sallyport.yaml', settings(plan));
  write('entries/peers.yaml', PEERS.map(entry).join('---\n'));
  for (const [peer, proxy] of [
    ['caller', caller(folder, ports)],
    ['callee', callee(folder, ports)],
  ] as const) {
    const text = toJson(makeBootstrap(proxy, plan.version));
    // Our own model asks for the whole state.
    write(
      `${peer}.json`,
      plan.api === 'delta' ? text.replaceAll(/(?<="api_type": ?)"GRPC"/g, '"DELTA_GRPC"') : text,
    );
  }
}

function settings({ svidTtlSeconds }: MeshPlan): string {
  const agents = PEERS.map((peer) => `    - { name: ${peer}, address: "unix:run/${peer}.sock" }\n`);
  return `trustDomain: example.org
stateDir: ./state
listeners:
  agents:
${agents.join('')}  admin: { address: "127.0.0.1:0" }
allowNoPolicies: true
entries: [./entries]
ca: { svidTtl: ${svidTtlSeconds}s, caTtl: ${svidTtlSeconds * TTL_RATIO}s }
`;
}

function entry(peer: Peer): string {
  return `apiVersion: spire.spiffe.io/v1alpha1
kind: ClusterStaticEntry
metadata: { name: ${peer} }
spec: { spiffeID: "${SPIFFE_IDS[peer]}", selectors: ["sallyport:socket:${peer}"] }
`;
}

function common(folder: string, peer: Peer, admin: TcpEndpoint) {
  return {
    nodeId: peer,
    nodeCluster: 'rotation',
    admin,
    authorizer: { kind: 'unix', path: join(folder, 'run', 'nobody.sock') },
    secrets: { kind: 'unix', path: join(folder, 'run', `${peer}.sock`) },
    verdictTimeoutMillis: 200,
  } as const;
}

function caller(folder: string, ports: MeshPorts): EnvoyProxy {
  return {
    ...common(folder, 'caller', tcp(ports, ports.callerAdmin)),
    listeners: [
      {
        kind: 'outbound',
        name: 'outbound',
        address: tcp(ports, ports.outbound),
        identity: 'default',
        pathNormalization: 'BASE',
        routes: [
          {
            path: { kind: 'prefix', text: '/' },
            action: { kind: 'upstream', name: 'callee' },
            verdict: { kind: 'none' },
          },
        ],
      },
    ],
    upstreams: [
      {
        name: 'callee',
        endpoint: tcp(ports, ports.inbound),
        protocol: 'http1',
        tls: { identity: 'default', peer: parseSpiffeId(SPIFFE_IDS.callee) },
        requestsPerConnectionMax: 1,
      },
    ],
  };
}

function callee(folder: string, ports: MeshPorts): EnvoyProxy {
  return {
    ...common(folder, 'callee', tcp(ports, ports.calleeAdmin)),
    listeners: [
      {
        kind: 'inbound',
        name: 'inbound',
        address: tcp(ports, ports.inbound),
        identity: 'default',
        pathNormalization: 'BASE',
        routes: [
          {
            path: { kind: 'prefix', text: '/' },
            action: { kind: 'reply', status: 200, body: 'well\n' },
            verdict: { kind: 'none' },
          },
        ],
      },
    ],
    upstreams: [],
  };
}

function tcp({ host }: MeshPorts, port: number): TcpEndpoint {
  return { kind: 'tcp', host, port };
}
