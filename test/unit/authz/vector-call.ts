import { CALL_METADATA, type Snapshot } from '../../../src/authz/index.ts';
import { readSpiffeId } from '../../../src/identity/index.ts';
import { protoStruct } from '../../fakes/proto-struct.ts';
import type { Vector, VectorRequest } from '../policy/vectors.ts';
import { profileOf, snapshotOf, socket } from './bed.ts';

/** A vector as an Envoy would ask it: what `authz` has to find out, where the evaluator is told. */
export interface VectorCall {
  /** The attributes of a CheckRequest. */
  readonly attributes: object;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A proxy that tells all it knows, and leaves paths and tokens to others. */
export const VECTOR_PROFILES = { plain: { trustCallMetadata: true, jwtAuthnPayloads: ['payload'] } };
export const VECTOR_PROFILE = profileOf('plain', VECTOR_PROFILES.plain);

/** What is in force when a vector is asked. */
export function vectorSnapshot(vector: Vector): Snapshot {
  const { policies, mesh } = vector;
  return snapshotOf({ policies, mesh, workloads: vectorWorkloads(vector), profiles: VECTOR_PROFILES });
}

/** What the configuration says of the workload and service that a vector asks for. */
export function vectorExtensions({ target }: Vector): Readonly<Record<string, string>> {
  const [service] = target.services;
  return {
    'sallyport.workload': `${target.namespace}/${WORKLOAD}`,
    ...(service === undefined
      ? {}
      : { 'sallyport.target': `${service.kind}/${service.namespace}/${service.name}` }),
  };
}

const WORKLOAD = 'judged';

/** Why a vector cannot be put into a CheckRequest; undefined when it can. */
export function whyNotCallable({ target, request }: Vector): string | undefined {
  const { principals, path, method, headers, claims, tcp } = request;
  const [principal = ''] = principals;
  const reasons: readonly (readonly [boolean, string])[] = [
    [target.services.length > 1, 'several services at once'],
    [target.kind === 'gateway' && target.gatewayName === undefined, 'a gateway that no label tells'],
    [principals.length > 1, 'several names of one peer'],
    [
      principal.startsWith('spiffe://') && readSpiffeId(principal) === undefined,
      'a name that is no SPIFFE ID',
    ],
    [request.destinationPort === null && request.destinationAddress !== null, 'an address without a port'],
    [!tcp && (path === null) !== (method === 'CONNECT'), 'a request without a path'],
    [!tcp && path !== null && (!path.startsWith('/') || /\s/.test(path)), 'a path that HTTP does not have'],
    [[claims?.['iss'], claims?.['sub']].some(isNoText), 'a payload that no filter passes'],
    [!tcp && Object.keys(headers).some((name) => name.startsWith(':')), 'a pseudo header by itself'],
  ];
  return reasons.find(([isSo]) => isSo)?.[1];
}

function isNoText(claim: unknown): boolean {
  return claim !== undefined && typeof claim !== 'string';
}

export function vectorCall(vector: Vector): VectorCall {
  const { request } = vector;
  const { principals, sourceAddress, remoteAddress, destinationAddress, destinationPort, sni } = request;
  const told = (value: string | null): string => (value === null || value === '' ? '-' : value);
  return {
    metadata: {
      [CALL_METADATA.remoteAddress]: told(remoteAddress),
      ...(sni === null ? {} : { [CALL_METADATA.serverName]: told(sni) }),
    },
    attributes: {
      source: { principal: principals[0] ?? '', ...place(sourceAddress, 40_000) },
      destination: { ...place(destinationAddress, destinationPort ?? 0) },
      ...(request.tcp ? {} : { request: { time: { seconds: 1 }, http: httpOf(request) } }),
      context_extensions: vectorExtensions(vector),
      metadata_context: { filter_metadata: filterMetadata(request) },
    },
  };
}

function place(address: string | null, port: number): object {
  return address === null ? {} : { address: socket(address, port) };
}

function httpOf({ method, host, path, headers, joinedHeaders }: VectorRequest): object {
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    [value].flat().map((line) => [name, line] as const),
  );
  return {
    id: '1',
    method,
    host,
    path: path ?? '',
    ...(joinedHeaders
      ? { headers: Object.fromEntries(lines) }
      : { header_map: { headers: lines.map(([key, line]) => ({ key, raw_value: Buffer.from(line) })) } }),
  };
}

/** Claims come as Envoy's own filter would leave them. */
function filterMetadata({ claims, metadata }: VectorRequest): object {
  return Object.fromEntries([
    ...Object.entries(metadata ?? {}).map(([name, value]) => [name, protoStruct(Object(value))]),
    ...(claims === null ? [] : [['envoy.filters.http.jwt_authn', protoStruct({ payload: claims })]]),
  ]);
}

/** The files that tell of the vector's workload. */
function vectorWorkloads({ target }: Vector): string {
  const { namespace, kind, gatewayName, labels, services } = target;
  const own = {
    ...Object.fromEntries(labels),
    ...(gatewayName === undefined ? {} : { 'gateway.networking.k8s.io/gateway-name': gatewayName }),
  };
  const gateway = {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: {
      namespace,
      name: gatewayName,
      // Asked for no service, a waypoint is asked for a workload.
      labels: kind === 'waypoint' && services.length === 0 ? { 'istio.io/waypoint-for': 'workload' } : {},
    },
    spec: {
      gatewayClassName: kind === 'waypoint' ? 'istio-waypoint' : 'istio',
      listeners: [{ protocol: 'HBONE', allowedRoutes: { namespaces: { from: 'All' } } }],
    },
  };
  return [
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'WorkloadEntry',
      metadata: { namespace, name: WORKLOAD },
      spec: { labels: own },
    },
    ...(gatewayName === undefined ? [] : [gateway]),
    ...services.map((service) => serviceObject(service, namespace, gatewayName ?? '')),
  ]
    .map((object) => JSON.stringify(object))
    .join('\n---\n');
}

function serviceObject(
  service: Vector['target']['services'][number],
  home: string,
  waypoint: string,
): object {
  const { kind, namespace, name } = service;
  const labels = { 'istio.io/use-waypoint': waypoint, 'istio.io/use-waypoint-namespace': home };
  const metadata = { namespace, name, labels };
  return kind === 'Service'
    ? { apiVersion: 'v1', kind, metadata, spec: { ports: [{ port: 8080 }] } }
    : { apiVersion: 'networking.istio.io/v1', kind, metadata, spec: { hosts: ['api.example.com'] } };
}
