import type { IpAddress, Sliced } from '../base/index.ts';
import type { Evaluation } from './evaluation.ts';
import { rangeMatcher } from './match/cidr.ts';
import { claimMatcher, requestPrincipalMatcher } from './match/claim.ts';
import { headerMatcher } from './match/header.ts';
import { metadataMatcher } from './match/metadata.ts';
import { namespaceMatcher } from './match/namespace.ts';
import { pathMatcher } from './match/path.ts';
import { principalMatcher } from './match/principal.ts';
import { serviceAccountMatcher } from './match/service-account.ts';
import { isNonEmpty, textMatcher } from './match/text-matcher.ts';
import { trustDomainMatcher } from './match/trust-domain.ts';
import type { Condition, Match } from './model.ts';

export type Predicate = (evaluation: Evaluation) => boolean;

/**
 * What an answer means where an attribute is unknown (an address that was not sent, joined header
 * lines): `certain` says yes only when it is so whatever the truth, `possible` also when it may be so.
 * An ALLOW asks for the first, a DENY for the second: the doubt is never to the stranger's advantage.
 */
export type Reading = 'certain' | 'possible';

export function* compileCondition(condition: Condition, reading: Reading): Sliced<Predicate> {
  if (!condition.negated) {
    return yield* compileInParts(condition.match, reading);
  }
  const matches = yield* compileInParts(condition.match, reading === 'certain' ? 'possible' : 'certain');
  return (evaluation) => !matches(evaluation);
}

/** A match takes any of its values, so those of a long list can be compiled some at a time. */
const VALUES_PER_PART = 1000;

function* compileInParts(match: Match, reading: Reading): Sliced<Predicate> {
  if (match.values.length <= VALUES_PER_PART) {
    return compileMatch(match, reading);
  }
  const parts: Predicate[] = [];
  for (let start = 0; start < match.values.length; start += VALUES_PER_PART) {
    const values = match.values.slice(start, start + VALUES_PER_PART);
    parts.push(compileMatch({ ...match, values } as Match, reading));
    yield;
  }
  return (evaluation) => parts.some((matches) => matches(evaluation));
}

function compileMatch(match: Match, reading: Reading): Predicate {
  switch (match.subject) {
    case 'principal':
      return anyIdentity(principalMatcher(match.values), reading);
    case 'namespace':
      return anyIdentity(namespaceMatcher(match.values), reading);
    case 'serviceAccount':
      return anyIdentity(serviceAccountMatcher(match.values), reading);
    case 'trustDomain':
      return anyIdentity(trustDomainMatcher(match.values), reading);
    case 'sourceIp':
    case 'remoteIp':
    case 'destinationIp':
      return compileAddress(match, reading);
    case 'requestPrincipal': {
      const matches = requestPrincipalMatcher(match.values);
      return ({ attributes }) => matches(attributes.token);
    }
    case 'claim': {
      const matches = claimMatcher(match.path, match.values);
      return ({ attributes }) => matches(attributes.token);
    }
    case 'header': {
      const matches = headerMatcher(match.name, match.values, reading === 'certain');
      return ({ attributes }) => attributes.http !== undefined && matches(attributes.http.headers);
    }
    case 'port': {
      const ports = new Set(match.values);
      return ({ attributes: { destination } }) =>
        destination.port === undefined ? reading === 'possible' : ports.has(destination.port);
    }
    case 'metadata':
      return compileMetadata(match, reading);
    default:
      return compileText(match, reading);
  }
}

function compileText(
  match: Extract<Match, { subject: 'host' | 'method' | 'path' | 'sni' }>,
  reading: Reading,
): Predicate {
  switch (match.subject) {
    case 'host': {
      const matches = textMatcher(match.values, () => true);
      return ({ host }) => host !== undefined && matches(host);
    }
    case 'method': {
      const matches = textMatcher(match.values, () => true);
      return ({ attributes: { http } }) => http !== undefined && matches(http.method);
    }
    case 'path': {
      const matches = pathMatcher(match.values);
      return ({ attributes: { http } }) => http?.path !== undefined && matches(http.path);
    }
    case 'sni': {
      const matches = textMatcher(match.values, isNonEmpty);
      return ({ attributes: { sni } }) => (sni === undefined ? reading === 'possible' : matches(sni));
    }
    default:
      return match satisfies never;
  }
}

function anyIdentity(matches: (identity: string) => boolean, reading: Reading): Predicate {
  return ({ attributes }) => attributes.source.principals?.some(matches) ?? reading === 'possible';
}

function compileAddress(
  match: Extract<Match, { subject: 'sourceIp' | 'remoteIp' | 'destinationIp' }>,
  reading: Reading,
): Predicate {
  const { subject, values } = match;
  const contains = rangeMatcher(values);
  const answer = (address: IpAddress | undefined) =>
    address === undefined ? reading === 'possible' : contains(address);
  return (evaluation) => answer(evaluation[subject]);
}

function compileMetadata(match: Extract<Match, { subject: 'metadata' }>, reading: Reading): Predicate {
  const matches = metadataMatcher(match.key, match.values);
  return ({ attributes: { filterMetadata } }) => {
    const metadata = filterMetadata.get(match.filter);
    return metadata === undefined ? reading === 'possible' : matches(metadata);
  };
}
