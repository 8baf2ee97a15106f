import type { Diagnostic } from '../../base/index.ts';
import { diagnosticAt, type ManifestObject } from '../../manifest/index.ts';
import type { Condition, ConditionGroup, Match, Rule } from '../model.ts';
import { isSingle } from '../rule-cover.ts';
import {
  attributeOf,
  type CoverBudget,
  coversEveryAddress,
  valuesAreApart,
  valuesCover,
} from '../value-cover.ts';
import { fieldPath } from './field-path.ts';

/** Warnings for entries and conditions that no request can fulfil, and for values that none can carry. */
export function lintNever(
  object: ManifestObject,
  rules: readonly Rule[],
  budget: CoverBudget,
): readonly Diagnostic[] {
  return rules.flatMap((rule) => {
    const conditions = [...rule.from.flat(), ...rule.to.flat(), ...rule.when];
    return [
      ...conditions.flatMap((condition) => impossibleValues(object, rule, condition)),
      ...contradictions(rule, budget).map(({ field, other }) =>
        diagnosticAt(object, fieldPath(rule.index, field), {
          code: 'ERR_LINT_RULE_NEVER',
          severity: 'warning',
          message:
            other === undefined
              ? 'excludes every request, so this can never match'
              : `excludes everything that \`${other}\` takes, so this can never match`,
          hint: 'take values out of one of the lists',
          atKey: true,
        }),
      ),
    ];
  });
}

interface Contradiction {
  readonly field: string;
  readonly other: string | undefined;
}

/** Within each entry of `from` and `to`, with `when`, which holds besides; and within `when`. */
function contradictions(rule: Rule, budget: CoverBudget): readonly Contradiction[] {
  const inWhen = contradictionIn(rule.when, [], budget);
  return inWhen === undefined
    ? [...rule.from, ...rule.to].flatMap((entry) => contradictionIn(entry, rule.when, budget) ?? [])
    : [inWhen];
}

function contradictionIn(
  group: ConditionGroup,
  besides: ConditionGroup,
  budget: CoverBudget,
): Contradiction | undefined {
  for (const condition of group) {
    if (condition.negated && excludesAll(condition.match)) {
      return { field: condition.field, other: undefined };
    }
    for (const other of [...group, ...besides]) {
      if (other !== condition && excludes(condition, other, budget)) {
        return { field: condition.field, other: other.field };
      }
      if (besides.includes(other) && excludes(other, condition, budget)) {
        return { field: other.field, other: condition.field };
      }
    }
  }
  return undefined;
}

/** Whether `condition` holds for nothing that `other`, a positive list, takes. */
function excludes(condition: Condition, other: Condition, budget: CoverBudget): boolean {
  budget.left -= 1;
  if (budget.left < 0 || other.negated || attributeOf(condition.match) !== attributeOf(other.match)) {
    return false;
  }
  return condition.negated
    ? valuesCover(condition.match, other.match, budget)
    : isSingle(condition) && valuesAreApart(condition.match, other.match, budget);
}

/** A `*` in the `not` list of what every request has; of identities, tokens and headers there may be none. */
function excludesAll(match: Match): boolean {
  switch (match.subject) {
    case 'method':
    case 'path':
    case 'host':
      return match.values.some((value) => value.kind === 'present');
    case 'sourceIp':
    case 'remoteIp':
    case 'destinationIp':
      return coversEveryAddress(match.values);
    default:
      return false;
  }
}

function impossibleValues(
  object: ManifestObject,
  rule: Rule,
  { field, match }: Condition,
): readonly Diagnostic[] {
  return problemsOf(match).map(({ index, message, hint }) =>
    diagnosticAt(object, [...fieldPath(rule.index, field), index], {
      code: 'ERR_LINT_VALUE_NEVER',
      severity: 'warning',
      message,
      hint,
    }),
  );
}

interface ValueProblem {
  readonly index: number;
  readonly message: string;
  readonly hint: string;
}

const METHODS = /^(?:get|head|post|put|patch|delete|options|connect|trace)$/i;

function problemsOf(match: Match): readonly ValueProblem[] {
  const texts = match.values.map((value) =>
    typeof value === 'object' && 'kind' in value && 'text' in value ? value : undefined,
  );
  const where = (isImpossible: (text: string, kind: string) => boolean, message: string, hint: string) =>
    texts.flatMap((value, index) =>
      value !== undefined && isImpossible(value.text, value.kind) ? [{ index, message, hint }] : [],
    );
  switch (match.subject) {
    case 'path':
      return [
        ...where(
          (text, kind) => kind !== 'suffix' && text !== '' && !text.startsWith('/'),
          'no path begins like this',
          'a path begins with `/`',
        ),
        ...where(
          (text) => /[?#]/.test(text),
          'a path is compared without its query and fragment',
          'name the path alone; for the query there is `request.headers[:path]`',
        ),
      ];
    case 'method':
      return [
        ...where(
          (text) => METHODS.test(text) && text !== text.toUpperCase(),
          'methods are compared with their case, and this one is written in capitals',
          'write it in capitals',
        ),
        ...where(
          (text) => /[\s,;|/]/.test(text),
          'no method holds such a character',
          'write each method as a value of its own: `[GET, POST]`',
        ),
      ];
    case 'host':
      return where(
        (text) => text.includes('/'),
        'no host holds a `/`',
        'write the host alone, as in the `host` header',
      );
    case 'sni':
      return where(
        (text) => /[A-Z]/.test(text),
        'server names are compared in lower case',
        'write it in lower case',
      );
    case 'requestPrincipal':
      return match.values.flatMap(({ subject }, index) =>
        subject.kind === 'exact' && subject.text === ''
          ? [
              {
                index,
                message: 'asks for a token with an empty subject',
                hint: 'write `<issuer>/<subject>` or `<issuer>/*`',
              },
            ]
          : [],
      );
    default:
      return [];
  }
}
