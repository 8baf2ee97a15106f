import type {
  Lists,
  NaiveMesh,
  NaivePolicy,
  NaiveRequest,
  NaiveRule,
  NaiveTarget,
  NaiveVerdict,
} from './naive-input.ts';

/** Section 1.2: DENY, then whether there is an ALLOW at all, then ALLOW. */
export function evaluateNaively(
  policies: readonly NaivePolicy[],
  mesh: NaiveMesh,
  target: NaiveTarget,
  request: NaiveRequest,
): NaiveVerdict {
  const inForce = policies.filter((policy) => attaches(policy, mesh, target) && !isDryRun(policy));
  const ofAction = (action: string) => inForce.filter(({ spec }) => (spec.action ?? 'ALLOW') === action);
  const denied = firstHit(ofAction('DENY'), mesh, request);
  if (denied !== undefined) {
    return { effect: 'deny', reason: 'denied_by_policy', ...denied };
  }
  if (ofAction('ALLOW').length === 0) {
    return { effect: 'allow', reason: 'allowed_no_policy' };
  }
  const allowed = firstHit(ofAction('ALLOW'), mesh, request);
  return allowed === undefined
    ? { effect: 'deny', reason: 'denied_no_rule' }
    : { effect: 'allow', reason: 'allowed_by_policy', ...allowed };
}

/** Section 1.10. */
function isDryRun({ metadata }: NaivePolicy): boolean {
  return ['1', 't', 'T', 'TRUE', 'true', 'True'].includes(metadata.annotations?.['istio.io/dry-run'] ?? '');
}

/** Section 1.11. */
function attaches({ metadata, spec }: NaivePolicy, mesh: NaiveMesh, target: NaiveTarget): boolean {
  const isHere = metadata.namespace === target.namespace;
  const isRoot = metadata.namespace === mesh.rootNamespace;
  const refs = spec.targetRefs ?? [];
  if (refs.length === 0) {
    const labels = Object.entries(spec.selector?.matchLabels ?? {});
    const isSelected = labels.every(([name, value]) => target.labels[name] === value);
    return target.kind !== 'waypoint' && (isHere || isRoot) && isSelected;
  }
  return refs.some(({ kind, name }) => {
    switch (kind) {
      case 'Gateway':
        return target.kind !== 'sidecar' && isHere && name === target.gatewayName;
      case 'GatewayClass':
        return target.kind === 'waypoint' && isRoot && name === 'istio-waypoint';
      default:
        return (
          target.kind === 'waypoint' &&
          target.services.some(
            (service) =>
              service.kind === kind && service.namespace === metadata.namespace && service.name === name,
          )
        );
    }
  });
}

/** Section 1.2, last point: the rules of all policies in the byte order of their keys. */
function firstHit(
  policies: readonly NaivePolicy[],
  mesh: NaiveMesh,
  request: NaiveRequest,
): { readonly policy: string; readonly rule: number } | undefined {
  const keyed = policies.flatMap(({ metadata: { namespace, name }, spec }) =>
    (spec.rules ?? []).map((rule, index) => ({
      key: `ns[${namespace}]-policy[${name}]-rule[${index}]`,
      policy: `${namespace}/${name}`,
      rule: index,
      holds: () => ruleHolds(rule, { namespace, action: spec.action ?? 'ALLOW', mesh, request }),
    })),
  );
  keyed.sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
  const hit = keyed.find(({ holds }) => holds());
  return hit === undefined ? undefined : { policy: hit.policy, rule: hit.rule };
}

interface Scope {
  readonly namespace: string;
  readonly action: string;
  readonly mesh: NaiveMesh;
  readonly request: NaiveRequest;
}

/** Yes, no, or unknown. */
type Truth = true | false | '?';

const not = (truth: Truth): Truth => (truth === '?' ? '?' : !truth);
const or = (truths: readonly Truth[]): Truth =>
  truths.includes(true) ? true : truths.includes('?') ? '?' : false;
const and = (truths: readonly Truth[]): Truth => not(or(truths.map(not)));

/** Sections 1.3 and 1.9. */
function ruleHolds(rule: NaiveRule, scope: Scope): boolean {
  const from = (rule.from ?? []).map(({ source }) => testsOf(source));
  const wide = (key: string, values: readonly string[]) =>
    from.length > 1 ? expandTrustDomains(key, values, scope.mesh) : values;
  const when = (rule.when ?? []).flatMap(({ key, values = [], notValues = [] }) => [
    { key, values: wide(key, values), isNot: false },
    { key, values: wide(key, notValues), isNot: true },
  ]);
  const to = (rule.to ?? []).map(({ operation }) => testsOf(operation));
  const all = [...when, ...from.flat(), ...to.flat()].filter(({ values }) => values.length > 0);
  if (scope.request.tcp && scope.action === 'ALLOW' && all.some(({ key }) => isHttpOnly(key))) {
    return false;
  }
  const holds = (tests: readonly Test[]): Truth => and(tests.map((test) => testHolds(test, scope)));
  const oneHolds = (entries: readonly (readonly Test[])[]) => entries.length === 0 || or(entries.map(holds));
  const truth = and([oneHolds(from), oneHolds(to), holds(when)]);
  return truth === true || (truth === '?' && scope.action !== 'ALLOW');
}

interface Test {
  readonly key: string;
  readonly values: readonly string[];
  readonly isNot: boolean;
}

/** `notPaths` is the twin of `paths`. */
function testsOf(lists: Lists): readonly Test[] {
  return Object.entries(lists).map(([name, values]) => {
    const isNot = /^not[A-Z]/.test(name);
    return { key: isNot ? name.charAt(3).toLowerCase() + name.slice(4) : name, values, isNot };
  });
}

function isHttpOnly(key: string): boolean {
  return /^(hosts|methods|paths|requestPrincipals|request\.headers\[.*|request\.auth\..*)$/.test(key);
}

function testHolds({ key, values, isNot }: Test, scope: Scope): Truth {
  if (values.length === 0 || (scope.request.tcp && isHttpOnly(key))) {
    return true;
  }
  const truth = or(expandTrustDomains(key, values, scope.mesh).map((value) => matches(key, value, scope)));
  return isNot ? not(truth) : truth;
}

/** Sections 1.5, 1.6 and 1.7: one value of one attribute. */
function matches(key: string, value: string, { request, namespace }: Scope): Truth {
  const bracketed = /^(?<head>[^[]+)\[(?<inside>.*)\]$/.exec(key)?.groups;
  switch (bracketed?.['head'] ?? key) {
    case 'principals':
    case 'source.principal':
      return request.principals.some((principal) => principalRegExp(value).test(principal));
    case 'namespaces':
    case 'source.namespace':
      return request.principals.some((principal) =>
        new RegExp(`^.*/ns/${value.split('*').map(quote).join('.*')}/.*$`).test(principal),
      );
    case 'serviceAccounts':
    case 'source.serviceAccount': {
      const [ns = '', sa = ''] = value.includes('/') ? value.split('/') : [namespace, value];
      const regExp = new RegExp(`^spiffe://.+/ns/${quote(ns)}/(.+/|)sa/${quote(sa)}(/.+)?$`);
      return request.principals.some((principal) => regExp.test(principal));
    }
    case 'trustDomains':
    case 'source.trustDomain': {
      const regExp =
        value === '*'
          ? /^spiffe:\/\//
          : new RegExp(`^spiffe://${value.split('*').map(quote).join('[^/]*')}/`);
      return request.principals.some((principal) => regExp.test(principal));
    }
    case 'ipBlocks':
    case 'source.ip':
      return inRange(request.sourceAddress, value);
    case 'remoteIpBlocks':
    case 'remote.ip':
      return inRange(request.remoteAddress, value);
    case 'destination.ip':
      return inRange(request.destinationAddress, value);
    case 'ports':
    case 'destination.port':
      return request.destinationPort === null ? '?' : request.destinationPort === Number(value);
    case 'connection.sni':
      return request.sni === null ? '?' : textMatches(value, request.sni);
    case 'hosts':
      return value === '*' || textMatches(lower(value), lower(request.host));
    case 'methods':
      return value === '*' || textMatches(value, request.method);
    case 'paths':
      return request.path !== null && pathMatches(value, request.path);
    case 'request.headers':
      return headerMatches(bracketed?.['inside']?.toLowerCase() ?? '', value, request);
    case 'requestPrincipals':
    case 'request.auth.principal':
      return requestPrincipalMatches(value, request.claims);
    case 'request.auth.audiences':
      return claimMatches(request.claims?.['aud'], value);
    case 'request.auth.presenter':
      return claimMatches(request.claims?.['azp'], value);
    case 'request.auth.claims':
      return claimMatches(memberAt(request.claims, (bracketed?.['inside'] ?? '').split('][')), value);
    default:
      return metadataMatches(
        (bracketed?.['head'] ?? '').slice('experimental.'.length),
        bracketed?.['inside'] ?? '',
        value,
        request,
      );
  }
}

/** Section 1.4, as a regular expression for everything. */
function textMatches(pattern: string, text: string): boolean {
  return textRegExp(pattern).test(text);
}

function textRegExp(pattern: string): RegExp {
  if (pattern === '*') {
    return /^.+$/;
  }
  if (pattern.startsWith('*')) {
    return new RegExp(`${quote(pattern.slice(1))}$`, 's');
  }
  return pattern.endsWith('*')
    ? new RegExp(`^${quote(pattern.slice(0, -1))}`, 's')
    : new RegExp(`^${quote(pattern)}$`, 's');
}

function quote(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}

function lower(text: string): string {
  return [...text].map((char) => (char >= 'A' && char <= 'Z' ? char.toLowerCase() : char)).join('');
}

function principalRegExp(value: string): RegExp {
  if (value === '*') {
    return /^.+$/;
  }
  return value.startsWith('*')
    ? new RegExp(`^spiffe://.*${quote(value.slice(1))}$`)
    : textRegExp(`spiffe://${value}`);
}

/** Section 1.6, trust-domain rewriting. */
function expandTrustDomains(key: string, values: readonly string[], mesh: NaiveMesh): readonly string[] {
  const all = [mesh.trustDomain, ...mesh.trustDomainAliases];
  if (key === 'trustDomains' || key === 'source.trustDomain') {
    return values.flatMap((value) => (all.includes(value) ? all : [value]));
  }
  if (key !== 'principals' && key !== 'source.principal') {
    return values;
  }
  return values.flatMap((value) => {
    const [domain = '', ...rest] = value.split('/');
    const isOurs = domain === 'cluster.local' || all.some((one) => likes(domain, one) || likes(one, domain));
    if (rest.length !== 4 || domain === '*' || !isOurs) {
      return [value];
    }
    return all.map((one) =>
      domain.startsWith('*') && likes(domain, one) ? value : [one, ...rest].join('/'),
    );
  });
}

function likes(pattern: string, text: string): boolean {
  return (
    pattern === text ||
    (pattern.startsWith('*') && text.endsWith(pattern.slice(1))) ||
    (pattern.endsWith('*') && text.startsWith(pattern.slice(0, -1)))
  );
}

/** Addresses as rows of bits. */
function inRange(address: string | null, range: string): Truth {
  const [network = '', prefix] = range.split('/');
  const wanted = bitsOf(network);
  const found = address === null ? undefined : bitsOf(address);
  if (found === undefined || wanted === undefined) {
    return '?';
  }
  const length = prefix === undefined ? wanted.length : Number(prefix);
  return found.length === wanted.length && found.slice(0, length) === wanted.slice(0, length);
}

function bitsOf(address: string): string | undefined {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(address)) {
    return address
      .split('.')
      .map((part) => Number(part).toString(2).padStart(8, '0'))
      .join('');
  }
  if (!address.includes(':')) {
    return undefined;
  }
  const [head = '', tail] = address.split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const missing = 8 - groups(head).length - groups(tail ?? '').length;
  const zeros = tail === undefined ? [] : Array.from({ length: missing }, () => '0');
  return [...groups(head), ...zeros, ...groups(tail ?? '')]
    .map((group) => Number.parseInt(group, 16).toString(2).padStart(16, '0'))
    .join('');
}

/** Section 1.5, path templates; `*` in the request as tried. */
function pathMatches(value: string, path: string): boolean {
  if (!/\{\*{1,2}\}/.test(value)) {
    return textMatches(value, path);
  }
  const chars = "A-Za-z0-9\\-._~%!$&'()+,;:@=*";
  const parts = value.split(/(\{\*{1,2}\})/).map((part) => {
    return part === '{*}' ? `[${chars}]+` : part === '{**}' ? `[${chars}/]*` : quote(part);
  });
  return new RegExp(`^${parts.join('')}$`).test(path);
}

/** Section 1.7, multi-valued headers: every way in which joined lines may have been cut. */
function headerMatches(name: string, value: string, request: NaiveRequest): Truth {
  const given = Object.hasOwn(request.headers, name) ? request.headers[name] : undefined;
  if (given === undefined) {
    return false;
  }
  const lines = [given].flat();
  const oneMatches = (some: readonly string[]) =>
    some.some((line) => value === '*' || textMatches(value, line));
  if (!request.joinedHeaders) {
    return oneMatches(lines);
  }
  return or(
    lines.map((line): Truth => {
      const cuts = waysToCut(line.split(','));
      const trimmed = waysToCut(line.split(',').map((part) => part.trim()));
      return cuts.every(oneMatches) || ([...cuts, ...trimmed].some(oneMatches) ? '?' : false);
    }),
  );
}

function waysToCut(parts: readonly string[]): readonly (readonly string[])[] {
  const [first = '', ...rest] = parts;
  return rest.length === 0
    ? [[first]]
    : waysToCut(rest).flatMap((lines) => [
        [first, ...lines],
        [`${first},${lines[0] ?? ''}`, ...lines.slice(1)],
      ]);
}

/** Section 1.8, table. */
function requestPrincipalMatches(value: string, claims: NaiveRequest['claims']): boolean {
  const { iss, sub } = claims ?? {};
  if (typeof iss !== 'string' || typeof sub !== 'string') {
    return false;
  }
  const at = value.lastIndexOf('/');
  const [issuer, subject] = at < 0 ? [value, ''] : [value.slice(0, at), value.slice(at + 1)];
  const exactly = (pattern: string, text: string) => pattern === text;
  if (value === '*') {
    return textMatches('*', iss) && textMatches('*', sub);
  }
  if (value.startsWith('*')) {
    return at < 0
      ? textMatches('*', iss) && textMatches(value, sub)
      : textMatches(issuer, iss) && exactly(subject, sub);
  }
  if (value.endsWith('*')) {
    return at < 0
      ? textMatches(value, iss) && textMatches('*', sub)
      : exactly(issuer, iss) && textMatches(subject, sub);
  }
  return exactly(issuer, iss) && exactly(subject, sub);
}

function claimMatches(claim: unknown, value: string): boolean {
  const found = Array.isArray(claim) ? claim : [claim];
  return found.some((item) => typeof item === 'string' && textMatches(value, item));
}

function memberAt(value: unknown, path: readonly string[]): unknown {
  const [name, ...rest] = path;
  if (name === undefined) {
    return value;
  }
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isMap && Object.hasOwn(value, name)
    ? memberAt((value as Record<string, unknown>)[name], rest)
    : undefined;
}

/** Section 1.7, last row. */
function metadataMatches(filter: string, key: string, value: string, request: NaiveRequest): Truth {
  const all = request.metadata ?? {};
  if (!Object.hasOwn(all, filter)) {
    return '?';
  }
  const found = memberAt(all[filter], [key]);
  return value.startsWith('[') && value.endsWith(']')
    ? Array.isArray(found) && claimMatches(found, value.replace(/^[[\]]+|[[\]]+$/g, ''))
    : typeof found === 'string' && textMatches(value, found);
}
