import { parseIpRange } from '../../base/index.ts';
import { asciiLowerCase } from '../match/ascii-case.ts';
import { parseRequestPrincipal } from '../match/claim.ts';
import { isPathTemplate, type PathTemplate, parsePathTemplate } from '../match/path-template.ts';
import { parsePort } from '../match/port.ts';
import { parseTextPattern, type TextPattern } from '../match/text-pattern.ts';
import type { MeshSettings } from '../mesh-settings.ts';
import type { Condition, ConditionGroup, Match, Rule } from '../model.ts';
import type { ConditionSpec, OperationSpec, RuleSpec, SourceSpec } from './authorization-schema.ts';
import { type ConditionKey, parseConditionKey } from './condition-key.ts';
import { expandTrustDomains, replaceTrustDomains } from './trust-domain-aliases.ts';

/** Where a rule stands, as far as its meaning depends on it. */
export interface RuleScope {
  readonly namespace: string;
  readonly policyName: string;
  readonly mesh: MeshSettings;
}

/** Turns a checked rule into the model. Istio specification, sections 1.3 to 1.8. */
export function lowerRule(rule: RuleSpec, index: number, scope: RuleScope): Rule {
  return {
    index,
    key: `ns[${scope.namespace}]-policy[${scope.policyName}]-rule[${index}]`,
    from: (rule.from ?? []).map(({ source }, at) => lowerSource(source, `from[${at}].source`, scope)),
    to: (rule.to ?? []).map(({ operation }, at) => lowerOperation(operation, `to[${at}].operation`)),
    when: (rule.when ?? []).flatMap((condition, at) =>
      lowerCondition(condition, `when[${at}]`, scope, (rule.from ?? []).length),
    ),
  };
}

type MakeMatch = (values: readonly string[]) => Match;

function lowerSource(source: SourceSpec, field: string, scope: RuleScope): ConditionGroup {
  const make = sourceMatches(scope);
  return [
    ...both(`${field}.principals`, source.principals, source.notPrincipals, make.principal),
    ...both(
      `${field}.requestPrincipals`,
      source.requestPrincipals,
      source.notRequestPrincipals,
      requestPrincipals,
    ),
    ...both(`${field}.namespaces`, source.namespaces, source.notNamespaces, make.namespace),
    ...both(
      `${field}.serviceAccounts`,
      source.serviceAccounts,
      source.notServiceAccounts,
      make.serviceAccount,
    ),
    ...both(`${field}.trustDomains`, source.trustDomains, source.notTrustDomains, make.trustDomain),
    ...both(`${field}.ipBlocks`, source.ipBlocks, source.notIpBlocks, ranges('sourceIp')),
    ...both(`${field}.remoteIpBlocks`, source.remoteIpBlocks, source.notRemoteIpBlocks, ranges('remoteIp')),
  ];
}

function lowerOperation(operation: OperationSpec, field: string): ConditionGroup {
  const { hosts, notHosts, methods, notMethods, paths, notPaths, ports, notPorts } = operation;
  return [
    ...both(`${field}.hosts`, hosts, notHosts, (values) => ({
      subject: 'host',
      values: values.map(asciiLowerCase).map(parseTextPattern),
    })),
    ...both(`${field}.methods`, methods, notMethods, (values) => ({
      subject: 'method',
      values: values.map(parseTextPattern),
    })),
    ...both(`${field}.paths`, paths, notPaths, (values) => ({
      subject: 'path',
      values: values.map(parsePath),
    })),
    ...both(`${field}.ports`, ports, notPorts, portMatch),
  ];
}

function lowerCondition(
  condition: ConditionSpec,
  field: string,
  scope: RuleScope,
  sources: number,
): readonly Condition[] {
  const key = parseConditionKey(condition.key);
  return key === undefined
    ? []
    : both(`${field}.values`, condition.values, condition.notValues, conditionMatch(key, scope, sources));
}

function conditionMatch(key: ConditionKey, scope: RuleScope, sources: number): MakeMatch {
  const make = sourceMatches(scope);
  const claim = (path: readonly string[]): MakeMatch => {
    return (values) => ({ subject: 'claim', path, values: values.map(parseTextPattern) });
  };
  switch (key.kind) {
    case 'source.ip':
      return ranges('sourceIp');
    case 'remote.ip':
      return ranges('remoteIp');
    case 'destination.ip':
      return ranges('destinationIp');
    case 'source.namespace':
      return make.namespace;
    case 'source.principal':
      // Istio puts trust domains in once for each entry of `from` (tried); a third time changes nothing more.
      return sources > 1
        ? (values) => make.principal(replaceTrustDomains(values, scope.mesh))
        : make.principal;
    case 'source.serviceAccount':
      return make.serviceAccount;
    case 'source.trustDomain':
      return make.trustDomain;
    case 'request.auth.principal':
      return requestPrincipals;
    case 'request.auth.audiences':
      return claim(['aud']);
    case 'request.auth.presenter':
      return claim(['azp']);
    case 'request.auth.claims':
      return claim(key.path);
    case 'request.headers':
      return (values) => ({ subject: 'header', name: key.name, values: values.map(parseTextPattern) });
    case 'destination.port':
      return portMatch;
    case 'connection.sni':
      return (values) => ({ subject: 'sni', values: values.map(parseTextPattern) });
    case 'experimental':
      return (values) => ({
        subject: 'metadata',
        filter: key.filter,
        key: key.key,
        values: values.map(parseMetadataValue),
      });
    default:
      return key satisfies never;
  }
}

function sourceMatches(scope: RuleScope) {
  return {
    principal: (values) => ({
      subject: 'principal',
      values: replaceTrustDomains(values, scope.mesh).map(parseTextPattern),
    }),
    namespace: (values) => ({ subject: 'namespace', values }),
    serviceAccount: (values) => ({
      subject: 'serviceAccount',
      values: values.map((value) => {
        const [first = '', second] = value.split('/');
        return second === undefined
          ? { namespace: scope.namespace, name: first }
          : { namespace: first, name: second };
      }),
    }),
    trustDomain: (values) => ({ subject: 'trustDomain', values: expandTrustDomains(values, scope.mesh) }),
  } as const satisfies Record<string, MakeMatch>;
}

/** The two conditions of a field and its `not` twin; an empty list is none. */
function both(
  field: string,
  values: readonly string[] | undefined,
  notValues: readonly string[] | undefined,
  make: MakeMatch,
): readonly Condition[] {
  const one = (list: readonly string[] | undefined, negated: boolean): readonly Condition[] =>
    list === undefined || list.length === 0
      ? []
      : [{ field: negated ? twinOf(field) : field, match: make(list), negated }];
  return [...one(values, false), ...one(notValues, true)];
}

/** `…source.principals` to `…source.notPrincipals`. */
function twinOf(field: string): string {
  return field.replace(
    /\.(\w)(\w*)$/,
    (_, first: string, rest: string) => `.not${first.toUpperCase()}${rest}`,
  );
}

function requestPrincipals(values: readonly string[]): Match {
  return { subject: 'requestPrincipal', values: values.map(parseRequestPrincipal) };
}

function ranges(subject: 'sourceIp' | 'remoteIp' | 'destinationIp'): MakeMatch {
  return (values) => ({
    subject,
    values: values.map(parseIpRange).filter((range) => range !== undefined),
  });
}

function portMatch(values: readonly string[]): Match {
  return { subject: 'port', values: values.map(parsePort).filter((port) => port !== undefined) };
}

function parsePath(value: string): TextPattern | PathTemplate {
  const template = isPathTemplate(value) ? parsePathTemplate(value) : undefined;
  return typeof template === 'object' ? template : parseTextPattern(value);
}

/** Only a whole run of brackets is looked at, so that the time is linear. */
const OUTER_BRACKETS = /^[[\]]+|(?<![[\]])[[\]]+$/g;

/** `[v]` looks for v in a list; brackets around v are taken off, however many. */
function parseMetadataValue(value: string) {
  const inList = value.startsWith('[') && value.endsWith(']');
  return { inList, pattern: parseTextPattern(inList ? value.replace(OUTER_BRACKETS, '') : value) };
}
