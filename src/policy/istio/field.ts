import { z } from 'zod';
import type { ErrorCode } from '../../base/index.ts';

/** What is wrong with one value of a policy. */
export interface FieldProblem {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
}

/** A text that `check` finds nothing wrong with; never empty and without control characters. */
export function textField(
  check: (text: string) => FieldProblem | undefined = () => undefined,
  hintIfEmpty = 'write a value, or remove it',
) {
  return z.string().superRefine((text, context) => {
    const problem = basicProblem(text, hintIfEmpty) ?? check(text);
    if (problem !== undefined) {
      context.addIssue(issueOf(problem));
    }
  });
}

/** The custom issue that carries a problem's code and hint to its diagnostic. */
export function issueOf(problem: FieldProblem, path: readonly (string | number)[] = [], atKey = false) {
  const { code, message, hint } = problem;
  return {
    code: 'custom' as const,
    message,
    path: [...path],
    params: { code, atKey, hint },
  };
}

/** A text in which a star at the start or end stands for anything. */
export function patternField() {
  return textField(undefined, PATTERN_HINT);
}

export const PATTERN_HINT = 'write `*` for any value, or remove it';

export function basicProblem(text: string, hintIfEmpty: string): FieldProblem | undefined {
  if (text === '') {
    return { code: 'ERR_POLICY_EMPTY', message: 'value is empty', hint: hintIfEmpty };
  }
  return /\p{Cc}/u.test(text)
    ? { code: 'ERR_POLICY_VALUE', message: 'value holds a control character', hint: 'remove it' }
    : undefined;
}

/** A value as it may stand in a message: short, and on one line. */
export function quoted(text: string): string {
  const short = text.length > 100 ? `${text.slice(0, 100)}…` : text;
  return `\`${short.replace(/\p{Cc}/gu, '?')}\``;
}
