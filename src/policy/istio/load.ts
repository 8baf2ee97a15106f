import type { z } from 'zod';
import { type Checked, type Diagnostic, hasErrors, sortDiagnostics } from '../../base/index.ts';
import {
  apiGroupOf,
  checkShape,
  diagnosticAt,
  type ManifestObject,
  nearestWord,
} from '../../manifest/index.ts';
import type { MeshSettings } from '../mesh-settings.ts';
import type { AuthorizationPolicy, PeerPolicy, PolicyObjects, TokenPolicy } from '../model.ts';
import { lowerAttachment } from './attachment-schema.ts';
import { authorizationSpec } from './authorization-schema.ts';
import { readDryRun } from './dry-run.ts';
import { lintAuthorization } from './lint.ts';
import { lintPeers, lintRequestAuthentication } from './lint-authentication.ts';
import { lintRules } from './lint-rules.ts';
import { lowerRule } from './lower-rule.ts';
import { lowerTokenRule } from './lower-token-rule.ts';
import { peerAuthenticationSpec } from './peer-schema.ts';
import { policyObject } from './policy-object.ts';
import { checkProvider, lintProviders } from './provider.ts';
import { requestAuthenticationSpec } from './token-schema.ts';

/**
 * Reads Istio's three kinds of policy, unchanged. Every problem of every object is reported, and what
 * cannot be taken is an error, never left out. The value may be used only without errors.
 */
export function loadPolicies(objects: readonly ManifestObject[], mesh: MeshSettings): Checked<PolicyObjects> {
  const loaded = objects.map((object) => ({ object, ...loadOne(object, mesh) }));
  const diagnostics = [
    ...loaded.flatMap((one) => one.diagnostics),
    ...lintRules(
      loaded.flatMap(({ object, value }) =>
        value?.kind === 'authorization' ? [{ object, policy: value.policy }] : [],
      ),
    ),
    ...lintPeers(
      loaded.flatMap(({ object, value }) =>
        value?.kind === 'peer' ? [{ object, policy: value.policy }] : [],
      ),
      mesh.rootNamespace,
    ),
    ...lintProviders(
      loaded.flatMap(({ object, value }) =>
        value?.kind === 'authorization' ? [{ object, policy: value.policy }] : [],
      ),
      mesh.rootNamespace,
    ),
  ];
  if (hasErrors(diagnostics)) {
    return { value: undefined, diagnostics: sortDiagnostics(diagnostics) };
  }
  const values = loaded.flatMap(({ value }) => (value === undefined ? [] : [value]));
  return {
    value: {
      authorization: values.flatMap((value) => (value.kind === 'authorization' ? [value.policy] : [])),
      requestAuthentication: values.flatMap((value) => (value.kind === 'token' ? [value.policy] : [])),
      peerAuthentication: values.flatMap((value) => (value.kind === 'peer' ? [value.policy] : [])),
    },
    diagnostics: sortDiagnostics(diagnostics),
  };
}

type Loaded =
  | { readonly kind: 'authorization'; readonly policy: AuthorizationPolicy }
  | { readonly kind: 'token'; readonly policy: TokenPolicy }
  | { readonly kind: 'peer'; readonly policy: PeerPolicy };

const GROUP = 'security.istio.io';
const VERSIONS: ReadonlySet<string> = new Set([`${GROUP}/v1`, `${GROUP}/v1beta1`]);
const KINDS = ['AuthorizationPolicy', 'RequestAuthentication', 'PeerAuthentication'] as const;

function loadOne(object: ManifestObject, mesh: MeshSettings): Checked<Loaded> {
  const kind = KINDS.find((known) => known === object.kind);
  if (kind === undefined || !VERSIONS.has(object.apiVersion)) {
    return { value: undefined, diagnostics: [unknownKind(object)] };
  }
  switch (kind) {
    case 'AuthorizationPolicy':
      return loadAuthorization(object, mesh);
    case 'RequestAuthentication':
      return loadRequestAuthentication(object);
    case 'PeerAuthentication':
      return loadPeerAuthentication(object);
    default:
      return kind satisfies never;
  }
}

function loadAuthorization(object: ManifestObject, mesh: MeshSettings): Checked<Loaded> {
  const { value: spec, diagnostics } = checkSpec(object, authorizationSpec);
  const dryRun = readDryRun(
    object,
    spec?.action === undefined || spec.action === 'ALLOW' || spec.action === 'DENY',
  );
  if (spec === undefined) {
    return { value: undefined, diagnostics: [...diagnostics, ...dryRun.diagnostics] };
  }
  const scope = { namespace: object.namespace, policyName: object.name, mesh };
  return {
    value: {
      kind: 'authorization',
      policy: {
        ref: { kind: 'AuthorizationPolicy', namespace: object.namespace, name: object.name },
        attachment: lowerAttachment(spec),
        action: spec.action,
        ...(spec.provider?.name === undefined ? {} : { provider: spec.provider.name }),
        dryRun: dryRun.dryRun,
        rules: (spec.rules ?? []).map((rule, index) => lowerRule(rule, index, scope)),
      },
    },
    diagnostics: [
      ...diagnostics,
      ...dryRun.diagnostics,
      ...lintAuthorization(object, spec),
      ...checkProvider(object, spec, mesh.providers),
    ],
  };
}

function loadRequestAuthentication(object: ManifestObject): Checked<Loaded> {
  const { value: spec, diagnostics } = checkSpec(object, requestAuthenticationSpec);
  const dryRun = readDryRun(object, false);
  const all = [...diagnostics, ...dryRun.diagnostics];
  if (spec === undefined) {
    return { value: undefined, diagnostics: all };
  }
  return {
    value: {
      kind: 'token',
      policy: {
        ref: { kind: 'RequestAuthentication', namespace: object.namespace, name: object.name },
        attachment: lowerAttachment(spec),
        createdAtMillis: createdAt(object),
        rules: (spec.jwtRules ?? []).map((rule, index) =>
          lowerTokenRule(rule, `${object.namespace}/${object.name}#${index}`),
        ),
      },
    },
    diagnostics: [...all, ...lintRequestAuthentication(object, spec)],
  };
}

function loadPeerAuthentication(object: ManifestObject): Checked<Loaded> {
  const { value: spec, diagnostics } = checkSpec(object, peerAuthenticationSpec);
  const dryRun = readDryRun(object, false);
  const all = [...diagnostics, ...dryRun.diagnostics];
  if (spec === undefined) {
    return { value: undefined, diagnostics: all };
  }
  const modeOf = (mtls: typeof spec.mtls) => (mtls?.mode === 'UNSET' ? undefined : mtls?.mode);
  return {
    value: {
      kind: 'peer',
      policy: {
        ref: { kind: 'PeerAuthentication', namespace: object.namespace, name: object.name },
        labels: [...(spec.selector?.matchLabels ?? [])],
        createdAtMillis: createdAt(object),
        mode: modeOf(spec.mtls),
        ports: [...(spec.portLevelMtls ?? [])].map(([port, mtls]) => [port, modeOf(mtls)] as const),
      },
    },
    diagnostics: all,
  };
}

/** The `spec` of an object of a known kind, the rest of the object checked along. */
function checkSpec<S>(object: ManifestObject, schema: z.ZodType<S>): Checked<S> {
  const checked = checkShape(object, policyObject(schema));
  return { value: checked.value?.spec, diagnostics: checked.diagnostics };
}

function createdAt(object: ManifestObject): number | undefined {
  return object.creationTimestamp === undefined ? undefined : Date.parse(object.creationTimestamp);
}

function unknownKind(object: ManifestObject): Diagnostic {
  const isOurs = apiGroupOf(object) === GROUP;
  const near = nearestWord(object.kind, KINDS);
  return diagnosticAt(object, [isOurs && VERSIONS.has(object.apiVersion) ? 'kind' : 'apiVersion'], {
    code: 'ERR_POLICY_KIND',
    message: `\`${object.apiVersion} ${object.kind}\` is not a policy`,
    hint:
      near !== undefined && near !== object.kind
        ? `did you mean \`${near}\`?`
        : `read here are ${KINDS.join(', ')} of ${[...VERSIONS].join(' and ')}`,
  });
}
