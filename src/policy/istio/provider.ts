import type { Diagnostic } from '../../base/index.ts';
import { diagnosticAt, type ManifestObject, nearestWord } from '../../manifest/index.ts';
import type { MeshSettings } from '../mesh-settings.ts';
import type { Attachment, AuthorizationPolicy } from '../model.ts';
import type { AuthorizationSpec } from './authorization-schema.ts';
import { quoted } from './field.ts';
import type { LoadedPolicy } from './loaded-policy.ts';

/** Whether the provider of a CUSTOM policy is there, and can be asked about what its rules are for. */
export function checkProvider(
  object: ManifestObject,
  { action, provider, rules = [] }: AuthorizationSpec,
  providers: MeshSettings['providers'],
): readonly Diagnostic[] {
  const name = provider?.name ?? '';
  if (action !== 'CUSTOM' || name === '' || providers === undefined) {
    return [];
  }
  const protocol = providers.get(name);
  if (protocol === undefined) {
    const near = nearestWord(name, [...providers.keys()]);
    return [
      diagnosticAt(object, ['spec', 'provider', 'name'], {
        code: 'ERR_POLICY_PROVIDER',
        message: `there is no extension provider ${quoted(name)}`,
        hint:
          near === undefined
            ? 'describe it under `extensionProviders` in the settings'
            : `did you mean \`${near}\`?`,
      }),
    ];
  }
  return protocol === 'grpc'
    ? []
    : rules.flatMap(({ to = [] }, index) =>
        to.length > 0 && to.every(({ operation }) => (operation.ports ?? []).length > 0)
          ? []
          : [
              diagnosticAt(object, ['spec', 'rules', index], {
                code: 'ERR_LINT_CUSTOM_TCP',
                severity: 'warning',
                message:
                  'a provider that speaks HTTP cannot be asked about TCP connections, so those are denied',
                hint: 'name the HTTP `ports` the rule is meant for, or ask a provider that speaks gRPC',
              }),
            ],
      );
}

/** Istio denies what several providers would have to be asked about, unless it is told otherwise. */
export function lintProviders(loaded: readonly LoadedPolicy[], rootNamespace: string): readonly Diagnostic[] {
  const custom = loaded.filter(({ policy }) => policy.action === 'CUSTOM');
  if (new Set(custom.map(({ policy }) => policy.provider)).size < 2) {
    return [];
  }
  return custom.flatMap(({ object, policy }, index) => {
    const other = custom
      .slice(0, index)
      .find((earlier) => policy.provider !== earlier.policy.provider && mayMeet(policy, earlier.policy));
    return other === undefined
      ? []
      : [
          diagnosticAt(object, ['spec', 'provider', 'name'], {
            code: 'ERR_LINT_CUSTOM_PROVIDERS',
            severity: 'warning',
            message: `workloads may have this provider and that of ${quoted(`${other.policy.ref.namespace}/${other.policy.ref.name}`)}`,
            hint: 'each is asked here and must allow; Istio denies such requests unless PILOT_ENABLE_MULTIPLE_CUSTOM_AUTHZ_PROVIDERS is set',
          }),
        ];
  });

  function mayMeet(a: AuthorizationPolicy, b: AuthorizationPolicy): boolean {
    const isNear =
      a.ref.namespace === b.ref.namespace ||
      a.ref.namespace === rootNamespace ||
      b.ref.namespace === rootNamespace;
    return isNear && overlap(a.attachment, b.attachment);
  }
}

function overlap(a: Attachment, b: Attachment): boolean {
  if (a.by === 'labels') {
    return (
      b.by === 'labels' &&
      a.labels.every(([name, value]) => b.labels.every(([known, other]) => known !== name || other === value))
    );
  }
  return (
    b.by === 'targets' &&
    a.targets.some(({ kind, name }) => b.targets.some((one) => one.kind === kind && one.name === name))
  );
}
