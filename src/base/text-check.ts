import type { ErrorCode } from './error-codes.ts';
import { SallyportError } from './errors.ts';

/** How a schema's step says what is wrong with a value; zod's refinement context is one. */
export interface IssueReport {
  addIssue(issue: TextIssue): void;
}

/** A type alias, because an interface has no index signature and zod asks for one. */
export type TextIssue = {
  readonly code: 'custom';
  readonly message: string;
  readonly params: { readonly code: ErrorCode; readonly hint?: string };
  /** From the value the step looks at; empty or left out for the value itself. */
  readonly path?: (string | number)[];
};

/**
 * A throwing parser as a step of a schema: `z.string().transform(checkText(parseDuration))`. A
 * SallyportError becomes an issue with its code and hint; any other error goes on.
 */
export function checkText<Input, Output>(
  parse: (input: Input) => Output,
): (input: Input, report: IssueReport) => Output {
  return (input, report) => {
    try {
      return parse(input);
    } catch (error) {
      if (!(error instanceof SallyportError)) {
        throw error;
      }
      report.addIssue(textIssue(error.code, error.message, error.hint));
      return undefined as never;
    }
  };
}

export function textIssue(
  code: ErrorCode,
  message: string,
  hint?: string,
  path: readonly (string | number)[] = [],
): TextIssue {
  return {
    code: 'custom',
    message,
    params: hint === undefined ? { code } : { code, hint },
    path: [...path],
  };
}
