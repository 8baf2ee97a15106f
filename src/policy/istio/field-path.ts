import type { ValuePath } from '../../manifest/index.ts';

/** Where a condition stands in its object: `to[0].operation.paths` of rule 2 is `spec.rules[2].to[0].…`. */
export function fieldPath(rule: number, field: string): ValuePath {
  const steps = field.split(/[.[\]]+/).filter((step) => step !== '');
  return ['spec', 'rules', rule, ...steps.map((step) => (/^\d+$/.test(step) ? Number(step) : step))];
}
