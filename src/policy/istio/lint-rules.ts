import type { Diagnostic } from '../../base/index.ts';
import { lintNever } from './lint-never.ts';
import { lintShadowed } from './lint-shadowed.ts';
import type { LoadedPolicy } from './loaded-policy.ts';

/** Comparisons for all policies of a load; some tenth of a second. What is beyond them is not warned of. */
const COMPARISONS_MAX = 200_000;

/** Warnings for what policies say in vain. */
export function lintRules(loaded: readonly LoadedPolicy[]): readonly Diagnostic[] {
  const budget = { left: COMPARISONS_MAX };
  return [
    ...loaded.flatMap(({ object, policy }) => lintNever(object, policy.rules, budget)),
    ...lintShadowed(loaded, budget),
  ];
}
