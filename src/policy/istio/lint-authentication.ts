import type { Diagnostic } from '../../base/index.ts';
import { diagnosticAt, type ManifestObject } from '../../manifest/index.ts';
import type { PeerPolicy } from '../model.ts';
import { readInlineKeys } from './inline-keys.ts';
import { lintSelector } from './lint.ts';
import type { RequestAuthenticationSpec } from './token-schema.ts';

export function lintRequestAuthentication(
  object: ManifestObject,
  spec: RequestAuthenticationSpec,
): readonly Diagnostic[] {
  const ofKeys = (spec.jwtRules ?? []).flatMap((rule, index) =>
    rule.jwks === undefined || readInlineKeys(rule.jwks).privateKeys.length === 0
      ? []
      : [
          diagnosticAt(object, ['spec', 'jwtRules', index, 'jwks'], {
            code: 'ERR_LINT_PRIVATE_KEY',
            severity: 'warning',
            message: 'holds private or symmetric key material',
            hint: 'to verify, the public keys are enough',
            atKey: true,
          }),
        ],
  );
  const ofSelector = lintSelector(spec.selector).map(({ path, ...problem }) =>
    diagnosticAt(object, ['spec', ...path], { ...problem, severity: 'warning' }),
  );
  return [...ofKeys, ...ofSelector];
}

interface LoadedPeer {
  readonly object: ManifestObject;
  readonly policy: PeerPolicy;
}

/** Policies that lose against another of their scope, or that hold for nothing. */
export function lintPeers(peers: readonly LoadedPeer[], rootNamespace: string): readonly Diagnostic[] {
  const first = new Map<string, string>();
  return peers.flatMap(({ object, policy }) => {
    const { namespace, name } = policy.ref;
    if (namespace === rootNamespace && policy.labels.length > 0) {
      return [
        diagnosticAt(object, ['spec', 'selector'], {
          code: 'ERR_LINT_PEER_IGNORED',
          severity: 'warning',
          message: `a selector in the root namespace \`${rootNamespace}\` holds for no workload`,
          hint: 'put the policy into the namespace of the workload',
        }),
      ];
    }
    const scope = JSON.stringify([namespace, [...policy.labels].sort()]);
    const other = first.get(scope);
    if (other === undefined) {
      first.set(scope, name);
      return [];
    }
    return [
      diagnosticAt(object, ['metadata', 'name'], {
        code: 'ERR_LINT_PEER_TWICE',
        severity: 'warning',
        message: `holds for the same workloads as \`${namespace}/${other}\`; only one of them counts`,
        hint: 'the one with the older creationTimestamp, else the one whose name sorts first',
      }),
    ];
  });
}
