import { evaluateNaively } from '../reference/evaluate-naive.ts';
import type { NaivePolicy, NaiveRequest } from '../reference/naive-input.ts';
import type { ParityRequest, PolicyObject } from './case.ts';
import type { Certificates } from './certificates.ts';
import { type Ports, realPolicies } from './materialize.ts';
import { type ParityMesh, WORKLOAD } from './mesh.ts';
import { NO_BEND } from './token-bends.ts';

/**
 * The request as the reference evaluator wants it; undefined when Envoy or a token would change it in ways that
 * are not worked out here. Good enough to say which condition of a policy decides, never to say what is right.
 */
export function naiveRequest(
  request: ParityRequest,
  mesh: ParityMesh,
  policies: readonly PolicyObject[],
  { certificates, ports }: { readonly certificates: Certificates; readonly ports: Ports },
): NaiveRequest | undefined {
  const { tls, target, metadata } = request;
  const path = target.split(/[?#]/, 1)[0] ?? '';
  const isPlain = /^\/[A-Za-z0-9._*-]*(?:\/[A-Za-z0-9_*-][A-Za-z0-9._*-]*)*\/?$/.test(path);
  const claims = claimsOf(request, policies);
  if (!isPlain || claims === undefined) {
    return undefined;
  }
  return {
    tcp: false,
    principals: tls === undefined ? [] : (certificates.clients.get(tls.certificate)?.names ?? []),
    sourceAddress: request.from,
    remoteAddress: remoteAddress(request, mesh),
    destinationAddress: request.to,
    destinationPort: ports[request.port],
    sni: tls?.serverName?.toLowerCase() ?? '',
    method: request.method,
    host: request.host,
    path,
    headers: linesByName(request.headers),
    joinedHeaders: false,
    claims,
    metadata:
      typeof metadata === 'object' && 'unseen' in metadata
        ? { 'envoy.filters.http.x': {} }
        : { 'envoy.filters.http.x': metadata === undefined ? {} : { k: metadata } },
  };
}

export function naiveEffect(
  policies: readonly PolicyObject[],
  mesh: ParityMesh,
  request: NaiveRequest,
  ports: Ports,
): 'allow' | 'deny' {
  const real = realPolicies(policies, ports).filter(({ kind }) => kind === 'AuthorizationPolicy');
  const target = { ...WORKLOAD, kind: 'sidecar', services: [] };
  const naiveMesh = {
    trustDomain: mesh.trustDomain,
    trustDomainAliases: mesh.aliases,
    rootNamespace: mesh.rootNamespace,
  };
  return evaluateNaively(real as unknown as readonly NaivePolicy[], naiveMesh, target, request).effect;
}

/** Null without a token, undefined when it is not plain what the token comes to. */
function claimsOf(
  { tokens }: ParityRequest,
  policies: readonly PolicyObject[],
): NaiveRequest['claims'] | undefined {
  const [first, ...more] = tokens;
  if (first === undefined) {
    return null;
  }
  const { bend, payload } = first.token;
  const rules = policies.flatMap(({ spec }) => (spec['jwtRules'] ?? []) as readonly { issuer: string }[]);
  const [rule, ...others] = rules;
  const isPlain =
    more.length === 0 && others.length === 0 && bend === NO_BEND && rule?.issuer === payload['iss'];
  return isPlain ? (JSON.parse(JSON.stringify(splitScope(payload))) as NaiveRequest['claims']) : undefined;
}

function splitScope(payload: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { scope } = payload;
  return typeof scope === 'string'
    ? { ...payload, scope: scope.split(' ').filter((part) => part !== '') }
    : payload;
}

function remoteAddress({ headers, from }: ParityRequest, mesh: ParityMesh): string {
  const given = headers.filter(([name]) => name === 'x-forwarded-for').map(([, value]) => value);
  const all = given
    .join(',')
    .split(',')
    .map((text) => text.trim());
  const told = mesh.side === 'edge' && mesh.trustedHops === 0 ? undefined : all.at(-1);
  return told !== undefined && /^[0-9a-f.:]+$/.test(told) && !/^\d+\.[\d.]+:/.test(told) ? told : from;
}

function linesByName(headers: ParityRequest['headers']): NaiveRequest['headers'] {
  const lines: Record<string, string[]> = {};
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    lines[key] = [...(lines[key] ?? []), value];
  }
  return lines;
}
