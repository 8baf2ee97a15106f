import type { Condition, ConditionGroup, Rule } from './model.ts';
import { attributeOf, type CoverBudget, valuesAreApart, valuesCover } from './value-cover.ts';

/** Whether `outer` holds wherever `inner` does. Errs to no, for it looks at how they are written alone. */
export function ruleCovers(outer: Rule, inner: Rule, budget: CoverBudget): boolean {
  return (
    groupsCover(outer.from, inner.from, inner.when, budget) &&
    groupsCover(outer.to, inner.to, inner.when, budget) &&
    implies(inner.when, outer.when, budget)
  );
}

/** Each entry of `inner` is stricter than some entry of `outer`; conditions that hold besides may help. */
function groupsCover(
  outer: readonly ConditionGroup[],
  inner: readonly ConditionGroup[],
  besides: ConditionGroup,
  budget: CoverBudget,
): boolean {
  const entries = inner.length === 0 ? [[]] : inner;
  return (
    outer.length === 0 ||
    entries.every((entry) => outer.some((wide) => implies([...entry, ...besides], wide, budget)))
  );
}

function implies(given: ConditionGroup, wanted: ConditionGroup, budget: CoverBudget): boolean {
  return wanted.every((condition) => given.some((known) => conditionImplies(known, condition, budget)));
}

function conditionImplies(known: Condition, wanted: Condition, budget: CoverBudget): boolean {
  budget.left -= 1;
  if (budget.left < 0) {
    return false;
  }
  if (isAccountInNamespace(known, wanted)) {
    return true;
  }
  if (attributeOf(known.match) !== attributeOf(wanted.match)) {
    return false;
  }
  if (known.negated) {
    return wanted.negated && valuesCover(known.match, wanted.match, budget);
  }
  return wanted.negated
    ? isSingle(known) && valuesAreApart(known.match, wanted.match, budget)
    : valuesCover(wanted.match, known.match, budget);
}

/** A service account is one of its namespace. */
function isAccountInNamespace(known: Condition, wanted: Condition): boolean {
  const { match } = wanted;
  return (
    known.match.subject === 'serviceAccount' &&
    match.subject === 'namespace' &&
    !known.negated &&
    !wanted.negated &&
    known.match.values.every(({ namespace }) => match.values.includes(namespace))
  );
}

/** Attributes that have one value only; of headers, claims and names of a peer there may be several at once. */
const SINGLE: ReadonlySet<string> = new Set([
  'host',
  'method',
  'path',
  'port',
  'sni',
  'sourceIp',
  'remoteIp',
  'destinationIp',
]);

export function isSingle({ match }: Condition): boolean {
  return SINGLE.has(match.subject);
}
