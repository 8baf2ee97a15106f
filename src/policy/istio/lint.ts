import type { Diagnostic, ErrorCode } from '../../base/index.ts';
import { diagnosticAt, type ManifestObject, type ValuePath } from '../../manifest/index.ts';
import { isPathTemplate } from '../match/path-template.ts';
import type { AuthorizationSpec, OperationSpec, RuleSpec, SourceSpec } from './authorization-schema.ts';

/** Warnings for what Istio takes without a word and means something else than it looks like. */
export function lintAuthorization(object: ManifestObject, spec: AuthorizationSpec): readonly Diagnostic[] {
  const findings = [
    ...lintSelector(spec.selector),
    ...(spec.rules ?? []).flatMap((rule, index) =>
      lintRule(rule, spec.action).map((finding) => ({
        ...finding,
        path: ['rules', index, ...finding.path],
      })),
    ),
  ];
  return findings.map(({ path, code, message, hint }) =>
    diagnosticAt(object, ['spec', ...path], {
      code,
      severity: 'warning',
      message,
      ...(hint === undefined ? {} : { hint }),
    }),
  );
}

export interface Finding {
  readonly path: ValuePath;
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
}

export function lintSelector(
  selector: { readonly matchLabels?: ReadonlyMap<string, string> | undefined } | undefined,
): readonly Finding[] {
  return selector !== undefined && (selector.matchLabels?.size ?? 0) === 0
    ? [
        {
          path: ['selector'],
          code: 'ERR_LINT_EMPTY_SELECTOR',
          message: 'a selector without labels selects every workload',
          hint: 'remove it, or name labels',
        },
      ]
    : [];
}

function lintRule(rule: RuleSpec, action: AuthorizationSpec['action']): readonly Finding[] {
  return [
    ...(rule.from ?? []).flatMap(({ source }, at) => lintSource(source, ['from', at, 'source'])),
    ...(rule.to ?? []).flatMap(({ operation }, at) =>
      lintOperation(operation, ['to', at, 'operation'], action),
    ),
    ...(rule.when ?? []).flatMap(({ key, values, notValues }, at) =>
      [values, notValues].flatMap((list, index) =>
        lintPrincipals(list, key, ['when', at, index === 0 ? 'values' : 'notValues']),
      ),
    ),
    ...lintTcp(rule, action),
  ];
}

function lintSource(source: SourceSpec, path: ValuePath): readonly Finding[] {
  return [
    ...lintPrincipals(source.principals, 'source.principal', [...path, 'principals']),
    ...lintPrincipals(source.notPrincipals, 'source.principal', [...path, 'notPrincipals']),
    ...lintPrincipals(source.requestPrincipals, 'request.auth.principal', [...path, 'requestPrincipals']),
    ...lintPrincipals(source.notRequestPrincipals, 'request.auth.principal', [
      ...path,
      'notRequestPrincipals',
    ]),
  ];
}

function lintPrincipals(
  values: readonly string[] | undefined,
  key: string,
  path: ValuePath,
): readonly Finding[] {
  return (values ?? []).flatMap((value, index): readonly Finding[] => {
    const place = [...path, index];
    if (key === 'source.principal' && value.startsWith('spiffe://')) {
      const message = '`spiffe://` is added to every principal, so this never matches';
      return [{ path: place, code: 'ERR_LINT_SPIFFE_SCHEME', message, hint: 'remove `spiffe://`' }];
    }
    if (key === 'request.auth.principal' && value === '*/*') {
      const message = '`*/*` matches only tokens whose subject is a star';
      return [{ path: place, code: 'ERR_LINT_STAR_SLASH_STAR', message, hint: 'write `*`' }];
    }
    return key === 'source.principal' ? innerStar(value, place) : [];
  });
}

function innerStar(value: string, path: ValuePath): readonly Finding[] {
  return !isPathTemplate(value) && value.slice(1, -1).includes('*')
    ? [
        {
          path,
          code: 'ERR_LINT_INNER_STAR',
          message: 'a `*` in the middle is an ordinary character',
          hint: 'a `*` has a meaning only at the start or at the end; for paths there is `{*}`',
        },
      ]
    : [];
}

function lintOperation(
  operation: OperationSpec,
  path: ValuePath,
  action: AuthorizationSpec['action'],
): readonly Finding[] {
  const { hosts, notHosts, paths, notPaths, methods } = operation;
  const stars = { paths, notPaths, hosts, notHosts, methods };
  const isNotPathsAlone =
    action === 'DENY' &&
    (notPaths ?? []).length > 0 &&
    Object.entries(operation).every(([name, list]) => name === 'notPaths' || (list ?? []).length === 0);
  return [
    ...Object.entries(stars).flatMap(([name, list]) =>
      (list ?? []).flatMap((value, index) => innerStar(value, [...path, name, index])),
    ),
    ...lintHosts(hosts, [...path, 'hosts']),
    ...lintHosts(notHosts, [...path, 'notHosts']),
    ...(isNotPathsAlone
      ? [
          {
            path: [...path, 'notPaths'],
            code: 'ERR_LINT_NOT_PATHS',
            message: 'denies every request but those to these paths, spelled exactly so',
            hint: 'an ALLOW policy with `paths` says the same and cannot be got round by another spelling',
          } as const,
        ]
      : []),
  ];
}

/** `example.com` does not match `example.com:8080`; people write both, or `example.com:*`. */
function lintHosts(hosts: readonly string[] | undefined, path: ValuePath): readonly Finding[] {
  const withPort = new Set(
    (hosts ?? []).map((host) => host.toLowerCase().replace(/:[^:]*$/, (port) => (port === '' ? '' : ':'))),
  );
  return (hosts ?? []).flatMap((host, index) => {
    const name = host.toLowerCase();
    // A host with a slash is another mistake, which `lintNever` tells.
    const hasTwin =
      host.endsWith('*') || host.includes('/') || /:\d+$/.test(host) || withPort.has(`${name}:`);
    return hasTwin
      ? []
      : [
          {
            path: [...path, index],
            code: 'ERR_LINT_HOST_PORT',
            message: 'does not match a request that names a port in its host',
            hint: name.startsWith('*')
              ? 'a value has one `*` only, so hosts with ports have to be written out'
              : `add \`${name}:*\``,
          } as const,
        ];
  });
}

/** On a TCP connection a DENY rule loses its HTTP conditions, and one that has no others denies all. */
function lintTcp(rule: RuleSpec, action: AuthorizationSpec['action']): readonly Finding[] {
  const { from = [], to = [], when = [] } = rule;
  const isOfHttp = (lists: SourceSpec | OperationSpec) =>
    Object.entries(lists).every(([name, list]) => (list ?? []).length === 0 || HTTP_FIELD.test(name));
  const isOpen = (entries: readonly (SourceSpec | OperationSpec)[]) =>
    entries.length === 0 || entries.some(isOfHttp);
  const deniesAll =
    isOpen(from.map(({ source }) => source)) &&
    isOpen(to.map(({ operation }) => operation)) &&
    when.every(({ key }) => key.startsWith('request.'));
  return action === 'DENY' && deniesAll && from.length + to.length + when.length > 0
    ? [
        {
          path: [],
          code: 'ERR_LINT_DENY_TCP',
          message: 'on TCP ports, where HTTP conditions fall away, this rule denies every connection',
          hint: 'name the `ports` it is meant for',
        },
      ]
    : [];
}

const HTTP_FIELD = /^(?:not)?(?:hosts|methods|paths|requestPrincipals)$/i;
