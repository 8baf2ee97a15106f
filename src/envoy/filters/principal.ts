import type { Condition, Match, TextPattern } from '../../policy/index.ts';
import type { JsonObject } from '../typed.ts';
import { claimMatch, textClaimMatch } from './metadata-match.ts';
import { cidrRange, type PermissionMatch } from './permission.ts';
import { headerMatch, quotedRegex, regexMatch, textMatch } from './text-match.ts';

/** The attributes that Envoy's rules ask for on the side of who asks. */
export type PrincipalMatch = Exclude<Match, PermissionMatch>;

/**
 * Where the names of the caller are: in its certificate, or, where mutual TLS ends on a listener before, in
 * the filter state that this one left, as at Istio's waypoints.
 */
export type PeerIdentity = 'certificate' | 'filter-state';

/** A Principal that holds when all of the conditions do; without any, always. */
export function allPrincipals(
  conditions: readonly (Condition & { readonly match: PrincipalMatch })[],
  peerIdentity: PeerIdentity,
): JsonObject {
  return conditions.length === 0
    ? { any: true }
    : { and_ids: { ids: conditions.map((condition) => principal(condition, peerIdentity)) } };
}

function principal(
  { match, negated }: Condition & { readonly match: PrincipalMatch },
  peerIdentity: PeerIdentity,
): JsonObject {
  const positive = { or_ids: { ids: values(match, IDENTITY[peerIdentity]) } };
  return negated ? { not_id: positive } : positive;
}

/** A Principal for the name of the caller, by a StringMatcher. */
const IDENTITY: Readonly<Record<PeerIdentity, (name: JsonObject) => JsonObject>> = {
  // Any of the names that the certificate has.
  certificate: (name) => ({ authenticated: { principal_name: name } }),
  'filter-state': (name) => ({ filter_state: { key: 'io.istio.peer_principal', string_match: name } }),
};

/** One Principal for each value. */
function values(match: PrincipalMatch, identity: (name: JsonObject) => JsonObject): readonly JsonObject[] {
  switch (match.subject) {
    case 'principal':
      return match.values.map((value) => identity(principalName(value)));
    case 'namespace':
      return match.values.map((value) => identity(regexMatch(namespaceRegex(value))));
    case 'serviceAccount':
      return match.values.map(({ namespace, name }) =>
        identity(regexMatch(`spiffe://.+/ns/${quotedRegex(namespace)}/(.+/|)sa/${quotedRegex(name)}(/.+)?`)),
      );
    case 'trustDomain':
      return match.values.map((value) => identity(trustDomainName(value)));
    case 'sourceIp':
      return match.values.map((range) => ({ direct_remote_ip: cidrRange(range) }));
    case 'remoteIp':
      return match.values.map((range) => ({ remote_ip: cidrRange(range) }));
    case 'requestPrincipal':
      return match.values.map(({ issuer, subject }) => ({
        and_ids: {
          ids: [textClaimMatch('iss', issuer), textClaimMatch('sub', subject)],
        },
      }));
    case 'claim':
      return [claimMatch(match.path, match.values)];
    case 'header':
      return match.values.map((value) => ({ header: headerMatch(match.name, value) }));
    default:
      return match satisfies never;
  }
}

const SCHEME = 'spiffe://';

/** `*` alone takes any identity, of whatever kind. Istio specification, section 1.6. */
function principalName(pattern: TextPattern): JsonObject {
  switch (pattern.kind) {
    case 'present':
      return textMatch(pattern);
    case 'suffix':
      return regexMatch(`${SCHEME}.*${quotedRegex(pattern.text)}`);
    default:
      return { [pattern.kind]: SCHEME + pattern.text };
  }
}

function namespaceRegex(value: string): string {
  return `.*/ns/${value.split('*').map(quotedRegex).join('.*')}/.*`;
}

function trustDomainName(value: string): JsonObject {
  if (value === '*') {
    return { prefix: SCHEME };
  }
  return value.includes('*')
    ? regexMatch(`${SCHEME}${value.split('*').map(quotedRegex).join('[^/]*')}/.*`)
    : { prefix: `${SCHEME}${value}/` };
}
