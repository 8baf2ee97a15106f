import type { Attachment, TargetReference } from './model.ts';
import type { Target } from './target.ts';

/** The namespaces whose policies may hold for a target: its own first. Istio specification, 1.11. */
export function candidateNamespaces(target: Target, rootNamespace: string): readonly string[] {
  return [
    ...new Set([
      target.namespace,
      rootNamespace,
      ...(target.kind === 'waypoint' ? target.services.map((service) => service.namespace) : []),
    ]),
  ];
}

/** Whether a policy of `namespace`, one of the candidates, holds for the target. */
export function attaches(
  attachment: Attachment,
  namespace: string,
  target: Target,
  rootNamespace: string,
): boolean {
  return attachment.by === 'labels'
    ? target.kind !== 'waypoint' && hasLabels(target, attachment.labels)
    : attachment.targets.some((reference) => isTarget(reference, namespace, target, rootNamespace));
}

export function hasLabels(target: Target, labels: readonly (readonly [string, string])[]): boolean {
  return labels.every(([name, value]) => target.labels.get(name) === value);
}

/** The class by which Istio's own waypoints are meant all at once. */
const WAYPOINT_CLASS = 'istio-waypoint';

function isTarget(
  reference: TargetReference,
  namespace: string,
  target: Target,
  rootNamespace: string,
): boolean {
  switch (reference.kind) {
    case 'Gateway':
      return (
        target.kind !== 'sidecar' && namespace === target.namespace && reference.name === target.gatewayName
      );
    case 'GatewayClass':
      return target.kind === 'waypoint' && namespace === rootNamespace && reference.name === WAYPOINT_CLASS;
    case 'Service':
    case 'ServiceEntry':
      return (
        target.kind === 'waypoint' &&
        target.services.some(
          (service) =>
            service.kind === reference.kind &&
            service.namespace === namespace &&
            service.name === reference.name,
        )
      );
    default:
      return reference.kind satisfies never;
  }
}
