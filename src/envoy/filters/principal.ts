import type { Condition, Match, TextPattern } from '../../policy/index.ts';
import type { JsonObject } from '../typed.ts';
import { claimMatch, textClaimMatch } from './metadata-match.ts';
import { cidrRange, type PermissionMatch } from './permission.ts';
import { headerMatch, quotedRegex, regexMatch, textMatch } from './text-match.ts';

/** The attributes that Envoy's rules ask for on the side of who asks. */
export type PrincipalMatch = Exclude<Match, PermissionMatch>;

/** A Principal that holds when all of the conditions do; without any, always. */
export function allPrincipals(
  conditions: readonly (Condition & { readonly match: PrincipalMatch })[],
): JsonObject {
  return conditions.length === 0
    ? { any: true }
    : { and_ids: { ids: conditions.map(({ match, negated }) => principal(match, negated)) } };
}

function principal(match: PrincipalMatch, negated: boolean): JsonObject {
  const positive = { or_ids: { ids: values(match) } };
  return negated ? { not_id: positive } : positive;
}

/** One Principal for each value. */
function values(match: PrincipalMatch): readonly JsonObject[] {
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

/** Any name of the certificate that the caller proved to have. */
function identity(name: JsonObject): JsonObject {
  return { authenticated: { principal_name: name } };
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
