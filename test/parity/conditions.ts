import type { PolicyObject } from './case.ts';
import type { Subject } from './subjects.ts';
import { twinOf } from './subjects.ts';

/** A condition of a set: which it is, and the same policies with it turned round. */
export interface Condition {
  /** `paths exact`, `not paths exact`, `when request.headers[X-A] prefix`. */
  readonly name: string;
  readonly flipped: readonly PolicyObject[];
}

type Mutable = Record<string, unknown>;

/** Every condition all of whose values have one form, with its policies turned round in it alone. */
export function conditionsOf(
  policies: readonly PolicyObject[],
  subjects: readonly Subject[],
): readonly Condition[] {
  return places(policies).flatMap(({ path, field, notField, place, subjectName }) => {
    const entry = at(policies, path) as Mutable;
    return ([field, notField] as const).flatMap((name, index) => {
      const values = entry[name] as readonly string[] | undefined;
      const form = values && formOf(values, place, subjectName, subjects);
      if (form === undefined) {
        return [];
      }
      const copy = structuredClone(policies) as readonly PolicyObject[];
      const target = at(copy, path) as Mutable;
      const other = index === 0 ? notField : field;
      if (target[other] !== undefined) {
        return [];
      }
      target[other] = target[name];
      delete target[name];
      return [{ name: conditionName(place, subjectName, form, index === 1), flipped: copy }];
    });
  });
}

export function conditionName(
  place: Subject['place'],
  subject: string,
  form: string,
  negated: boolean,
): string {
  return `${place === 'when' ? 'when ' : ''}${subject} ${form}${negated ? ', not' : ''}`;
}

interface Place {
  readonly path: readonly (string | number)[];
  readonly field: string;
  readonly notField: string;
  readonly place: Subject['place'];
  readonly subjectName: string;
}

function places(policies: readonly PolicyObject[]): readonly Place[] {
  return policies.flatMap(({ spec }, policy) =>
    ((spec['rules'] ?? []) as readonly Mutable[]).flatMap((rule, index) => {
      const base = [policy, 'spec', 'rules', index] as const;
      const entries = (list: 'from' | 'to', place: 'source' | 'operation') =>
        ((rule[list] ?? []) as readonly Record<string, Mutable>[]).flatMap((entry, position) =>
          [...new Set(Object.keys(entry[place] ?? {}).map(plainName))].map((field) => ({
            path: [...base, list, position, place],
            field,
            notField: twinOf(field),
            place,
            subjectName: field,
          })),
        );
      const when = ((rule['when'] ?? []) as readonly { readonly key: string }[]).map(({ key }, position) => ({
        path: [...base, 'when', position],
        field: 'values',
        notField: 'notValues',
        place: 'when' as const,
        subjectName: key,
      }));
      return [...entries('from', 'source'), ...entries('to', 'operation'), ...when];
    }),
  );
}

function plainName(name: string): string {
  return /^not[A-Z]/.test(name) ? name.charAt(3).toLowerCase() + name.slice(4) : name;
}

function formOf(
  values: readonly string[],
  place: Subject['place'],
  name: string,
  subjects: readonly Subject[],
): string | undefined {
  const subject = subjects.find((one) => one.place === place && one.name === name);
  return Object.entries(subject?.forms ?? {}).find(([, pool]) =>
    values.every((value) => pool.includes(value)),
  )?.[0];
}

function at(value: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((inner, name) => (inner as Record<string | number, unknown>)[name], value);
}
