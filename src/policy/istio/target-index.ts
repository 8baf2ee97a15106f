import { hasLabels } from '../attach.ts';
import type { Target } from '../target.ts';

/** Answers for many policies whether any of many targets is theirs. */
export interface TargetIndex {
  /** Whether a policy of this namespace that selects by these labels selects anything. */
  hasLabelled(namespace: string, labels: readonly (readonly [string, string])[]): boolean;
  hasGateway(namespace: string, name: string): boolean;
  readonly hasWaypoint: boolean;
}

export function targetIndex(targets: readonly Target[], rootNamespace: string): TargetIndex {
  const selectable = targets.filter(({ kind }) => kind !== 'waypoint');
  const filed = new Map<string, Target[]>();
  const file = (key: string, target: Target): void => {
    const there = filed.get(key);
    if (there === undefined) {
      filed.set(key, [target]);
    } else {
      there.push(target);
    }
  };
  for (const target of selectable) {
    for (const scope of new Set([target.namespace, rootNamespace])) {
      file(keyOf(scope), target);
      for (const [name, value] of target.labels) {
        file(keyOf(scope, name, value), target);
      }
    }
  }
  const gateways = new Set(targets.map(({ namespace, gatewayName }) => keyOf(namespace, gatewayName ?? '')));
  return {
    hasLabelled(namespace, labels) {
      const lists = [keyOf(namespace), ...labels.map(([name, value]) => keyOf(namespace, name, value))].map(
        (key) => filed.get(key) ?? [],
      );
      const [rarest = []] = lists.sort((a, b) => a.length - b.length);
      return rarest.some((target) => hasLabels(target, labels));
    },
    hasGateway: (namespace, name) => gateways.has(keyOf(namespace, name)),
    hasWaypoint: targets.some(({ kind }) => kind === 'waypoint'),
  };
}

/** Nothing in here holds a line break. */
function keyOf(...parts: readonly string[]): string {
  return parts.join('\n');
}
