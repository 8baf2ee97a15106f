import type { Diagnostic } from '../../base/index.ts';
import { diagnosticAt, type ManifestObject } from '../../manifest/index.ts';
import type { AuthorizationPolicy, Condition } from '../model.ts';
import type { TargetService } from '../target.ts';
import { fieldPath } from './field-path.ts';

/** The ports of a service; undefined for one that is not known. */
export type PortsOf = (service: TargetService) => ReadonlySet<number> | undefined;

/**
 * Warnings for ports that none of the services has which a policy is for. At a waypoint, rules see the port of the
 * service and never that of its workloads. Istio specification, section 1.5.
 */
export function lintTargetPorts(
  object: ManifestObject,
  { ref, attachment, rules }: AuthorizationPolicy,
  portsOf: PortsOf,
): readonly Diagnostic[] {
  if (attachment.by !== 'targets') {
    return [];
  }
  const known = attachment.targets.map(({ kind, name }) =>
    kind === 'Service' || kind === 'ServiceEntry'
      ? portsOf({ kind, namespace: ref.namespace, name })
      : undefined,
  );
  const ports = new Set(known.flatMap((some) => [...(some ?? [])]));
  // A Gateway has ports of its own, and a service that is not known may have any.
  if (known.includes(undefined) || ports.size === 0) {
    return [];
  }
  const list = [...ports].sort((a, b) => a - b).slice(0, PORTS_SHOWN_MAX);
  return rules.flatMap((rule) =>
    [...rule.to.flat(), ...rule.when].flatMap((condition) =>
      strangers(condition, ports).map((index) =>
        diagnosticAt(object, [...fieldPath(rule.index, condition.field), index], {
          code: 'ERR_LINT_VALUE_NEVER',
          severity: 'warning',
          message: 'no service that this policy is for has such a port',
          hint: `a waypoint sees the port of the service (${list.join(', ')}), not that of its workloads`,
        }),
      ),
    ),
  );
}

const PORTS_SHOWN_MAX = 8;

function strangers({ match }: Condition, ports: ReadonlySet<number>): readonly number[] {
  return match.subject === 'port'
    ? match.values.flatMap((port, index) => (ports.has(port) ? [] : [index]))
    : [];
}
