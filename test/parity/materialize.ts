import { jwksOf, type TestKeyName, testKey } from '../fakes/token-issuer.ts';
import type { ParityRequest, PlacedToken, PolicyObject } from './case.ts';
import { bendOf } from './token-bends.ts';

export interface Ports {
  readonly PORT_A: number;
  readonly PORT_B: number;
}

/** The objects with ports and keys of this run in place of the placeholders. */
export function realPolicies(policies: readonly PolicyObject[], ports: Ports): readonly PolicyObject[] {
  return policies.map((policy) => replaceTexts(policy, ports) as PolicyObject);
}

export function policyYaml(policies: readonly PolicyObject[]): string {
  return policies.map((policy) => JSON.stringify(policy)).join('\n---\n');
}

function replaceTexts(value: unknown, ports: Ports): unknown {
  if (typeof value === 'string') {
    if (value === 'PORT_A' || value === 'PORT_B') {
      return String(ports[value]);
    }
    return value.startsWith('JWKS:') ? keySet(value.slice('JWKS:'.length).split(',')) : value;
  }
  if (Array.isArray(value)) {
    return value.map((item) => replaceTexts(item, ports));
  }
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).map(([name, member]) => [name, replaceTexts(member, ports)]))
    : value;
}

function keySet(names: readonly string[]): string {
  return jwksOf(
    ...names.map((name) => {
      const [key, use] = name.split('!');
      const { jwk } = testKey(key as TestKeyName);
      return use === undefined ? jwk : { ...jwk, use };
    }),
  );
}

/** The header that tells the harness' Envoy by which route a request is to be judged. */
export const ROUTE_HEADER = 'x-parity';
export const METADATA_HEADER = 'x-parity-metadata';
export const METADATA_SEEN_HEADER = 'x-parity-metadata-seen';

/** A request with its tokens in their places; made once, so that each route gets the same bytes. */
export function realRequest(request: ParityRequest): (route: string) => Buffer {
  const tokens = request.tokens.map(({ place, token }) => ({ place, text: bendOf(token).make(token) }));
  const parameters = tokens
    .filter(({ place }) => place.kind === 'parameter')
    .map(({ place, text }) => `${place.name}=${text}`);
  const cookies = tokens
    .filter(({ place }) => place.kind === 'cookie')
    .map(({ place, text }) => `${place.name}=${text}`);
  const lines = [
    ...request.headers,
    ...tokens.flatMap(({ place, text }) =>
      place.kind === 'header' ? [[place.name, `${place.prefix}${text}`] as const] : [],
    ),
    ...(cookies.length === 0 ? [] : [['cookie', cookies.join('; ')] as const]),
    ...metadataLines(request.metadata),
  ];
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const target = withParameters(request.target, parameters);
  return (route) =>
    Buffer.from(
      `${request.method} ${target} HTTP/1.1\r\nhost: ${request.host}\r\n${ROUTE_HEADER}: ${route}\r\n${head}${
        request.method === 'POST' || request.method === 'PUT' || request.method === 'PATCH'
          ? 'content-length: 0\r\n'
          : ''
      }\r\n`,
      'latin1',
    );
}

function withParameters(target: string, parameters: readonly string[]): string {
  if (parameters.length === 0) {
    return target;
  }
  const hash = target.indexOf('#');
  const end = hash < 0 ? target.length : hash;
  const path = target.slice(0, end);
  return `${path}${path.includes('?') ? '&' : '?'}${parameters.join('&')}${target.slice(end)}`;
}

function metadataLines(metadata: ParityRequest['metadata']): ParityRequest['headers'] {
  if (typeof metadata === 'object' && 'unseen' in metadata) {
    return [];
  }
  const seen = [METADATA_SEEN_HEADER, 'yes'] as const;
  return metadata === undefined
    ? [seen]
    : [seen, [METADATA_HEADER, encodeValue(metadata).toString('base64')] as const];
}

/** A `google.protobuf.Value`: a text, or a list of texts. */
function encodeValue(value: string | readonly string[]): Buffer {
  return typeof value === 'string'
    ? field(3, Buffer.from(value))
    : field(6, Buffer.concat(value.map((item) => field(1, encodeValue(item)))));
}

/** Length-delimited; everything here is shorter than 128 bytes. */
function field(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
}

export function describeToken({ place, token }: PlacedToken): string {
  return `${place.kind} ${place.name}: ${token.key}, ${token.bend}, ${JSON.stringify(token.payload)}`;
}
