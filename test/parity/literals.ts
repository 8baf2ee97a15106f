import type { PolicyObject } from './case.ts';
import type { Dimension, Subject } from './subjects.ts';
import { twinOf } from './subjects.ts';

/** What the AuthorizationPolicies of a set compare with, by what of a request it is. */
export type Literals = ReadonlyMap<Dimension, readonly string[]>;

interface RuleShape {
  readonly from?: readonly { readonly source: Lists }[];
  readonly to?: readonly { readonly operation: Lists }[];
  readonly when?: readonly { readonly key: string; readonly values?: Texts; readonly notValues?: Texts }[];
}

type Texts = readonly string[];
type Lists = Readonly<Record<string, Texts>>;

export function literalsOf(policies: readonly PolicyObject[], subjects: readonly Subject[]): Literals {
  const literals = new Map<Dimension, string[]>();
  const add = (name: string, place: Subject['place'], values: Texts | undefined): void => {
    const subject = subjects.find(
      (one) => one.place === place && (one.name === name || (place !== 'when' && twinOf(one.name) === name)),
    );
    if (subject !== undefined && values !== undefined) {
      literals.set(subject.dimension, [...(literals.get(subject.dimension) ?? []), ...values]);
    }
  };
  for (const rule of policies.flatMap(({ spec }) => (spec['rules'] ?? []) as readonly RuleShape[])) {
    for (const { source } of rule.from ?? []) {
      for (const [name, values] of Object.entries(source)) {
        add(name, 'source', values);
      }
    }
    for (const { operation } of rule.to ?? []) {
      for (const [name, values] of Object.entries(operation)) {
        add(name, 'operation', values);
      }
    }
    for (const { key, values, notValues } of rule.when ?? []) {
      add(key, 'when', values);
      add(key, 'when', notValues);
    }
  }
  return literals;
}

/** Texts that a literal takes, and such that it just does not take. */
export function textsAround(literal: string): readonly string[] {
  const base = literal
    .replace(/^\[(.*)\]$/, '$1')
    .replaceAll(/\{\*\*\}/g, 'y/z')
    .replaceAll('{*}', 'y');
  const bare = base.replace(/^\*|\*$/g, '');
  const grown = base.startsWith('*') ? `q${bare}` : `${bare}q`;
  return [
    bare,
    bare,
    grown,
    grown,
    `${bare}q`,
    `q${bare}`,
    bare.slice(0, -1),
    bare.slice(1),
    swapCase(bare),
    bare.toLowerCase(),
    `${bare.slice(0, -1)}${bare.endsWith('z') ? 'y' : 'z'}`,
  ];
}

function swapCase(text: string): string {
  return [...text]
    .map((char) => (char === char.toLowerCase() ? char.toUpperCase() : char.toLowerCase()))
    .join('');
}
