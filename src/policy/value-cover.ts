import { type IpRange, parseIpRange } from '../base/index.ts';
import { literalPrefix, type PathTemplate, templateMatcher } from './match/path-template.ts';
import type { TextPattern } from './match/text-pattern.ts';
import type { Match } from './model.ts';

/** Comparisons that are left; when it is used up, every question is answered with no. */
export interface CoverBudget {
  left: number;
}

/** Whether each value of `inner` takes only what some value of `outer` takes. Errs to no. */
export function valuesCover(outer: Match, inner: Match, budget: CoverBudget): boolean {
  const known = knownValues(outer);
  return inner.values.every((value) => {
    budget.left -= 1;
    if (budget.left < 0) {
      return false;
    }
    return (
      known.texts.has(textOf(value)) ||
      known.wide.some((wide) => {
        budget.left -= 1;
        return budget.left >= 0 && valueCovers(wide, value);
      })
    );
  });
}

/** Whether no value of `a` takes anything that a value of `b` takes. Errs to no. */
export function valuesAreApart(a: Match, b: Match, budget: CoverBudget): boolean {
  return a.values.every((one) =>
    b.values.every((other) => {
      budget.left -= 1;
      return budget.left >= 0 && areApart(one, other);
    }),
  );
}

/** What is looked at: the subject, and which header, claim or metadata. */
export function attributeOf(match: Match): string {
  switch (match.subject) {
    case 'header':
      return `header ${match.name}`;
    case 'claim':
      return `claim ${JSON.stringify(match.path)}`;
    case 'metadata':
      return `metadata ${JSON.stringify([match.filter, match.key])}`;
    default:
      return match.subject;
  }
}

type Value = Match['values'][number];

interface KnownValues {
  readonly texts: ReadonlySet<string>;
  /** Those that take more than one text. */
  readonly wide: readonly Value[];
}

const knownOf = new WeakMap<Match, KnownValues>();

function knownValues(match: Match): KnownValues {
  const known = knownOf.get(match) ?? {
    texts: new Set(match.values.map(textOf)),
    wide: (match.values as readonly Value[]).filter((value) => !isExact(value)),
  };
  knownOf.set(match, known);
  return known;
}

function isExact(value: Value): boolean {
  return (
    typeof value === 'number' ||
    (typeof value === 'string' && !value.includes('*')) ||
    (typeof value === 'object' && ('kind' in value ? value.kind === 'exact' : 'namespace' in value))
  );
}

function textOf(value: Value): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? part.toString() : part));
}

function valueCovers(outer: Value, inner: Value): boolean {
  if (typeof outer === 'string') {
    return outer === '*' && typeof inner === 'string';
  }
  if (typeof outer === 'number' || typeof inner !== 'object') {
    return false;
  }
  if ('prefixLength' in outer) {
    return 'prefixLength' in inner && rangeCovers(outer, inner);
  }
  if ('issuer' in outer) {
    return (
      'issuer' in inner && textCovers(outer.issuer, inner.issuer) && textCovers(outer.subject, inner.subject)
    );
  }
  if ('inList' in outer) {
    return 'inList' in inner && outer.inList === inner.inList && textCovers(outer.pattern, inner.pattern);
  }
  return 'kind' in outer && 'kind' in inner && textCovers(outer, inner);
}

function textCovers(outer: TextPattern | PathTemplate, inner: TextPattern | PathTemplate): boolean {
  switch (outer.kind) {
    case 'present':
      return inner.kind === 'present' || inner.kind === 'template' || inner.text !== '';
    case 'exact':
      return inner.kind === 'exact' && inner.text === outer.text;
    case 'prefix':
      return inner.kind === 'template'
        ? literalPrefix(inner).startsWith(outer.text)
        : (inner.kind === 'exact' || inner.kind === 'prefix') && inner.text.startsWith(outer.text);
    case 'suffix':
      return (inner.kind === 'exact' || inner.kind === 'suffix') && inner.text.endsWith(outer.text);
    case 'template':
      return inner.kind === 'exact' && templateMatcher(outer)(inner.text);
    default:
      return outer satisfies never;
  }
}

function rangeCovers(outer: IpRange, inner: IpRange): boolean {
  const hostBits = BigInt((outer.family === 4 ? 32 : 128) - outer.prefixLength);
  return (
    outer.family === inner.family &&
    outer.prefixLength <= inner.prefixLength &&
    inner.bits >> hostBits === outer.bits >> hostBits
  );
}

function areApart(a: Value, b: Value): boolean {
  if (typeof a === 'number' || typeof b === 'number') {
    return a !== b;
  }
  if (typeof a === 'object' && 'prefixLength' in a && typeof b === 'object' && 'prefixLength' in b) {
    return !rangeCovers(a, b) && !rangeCovers(b, a);
  }
  return (isExact(a) && isExact(b) && textOf(a) !== textOf(b)) || isOneSided(a, b) || isOneSided(b, a);
}

/** A single text beside a form that does not take it. */
function isOneSided(single: Value, form: Value): boolean {
  return (
    typeof single === 'object' &&
    'kind' in single &&
    single.kind === 'exact' &&
    typeof form === 'object' &&
    'kind' in form &&
    !textCovers(form, single)
  );
}

/** Ranges that leave no address out. */
export function coversEveryAddress(ranges: readonly IpRange[]): boolean {
  return EVERYWHERE.every((all) => all !== undefined && ranges.some((range) => rangeCovers(range, all)));
}

const EVERYWHERE = ['0.0.0.0/0', '::/0'].map(parseIpRange);
