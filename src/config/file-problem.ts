import type { Diagnostic, ErrorCode, Severity } from '../base/index.ts';

/** A diagnostic for a file or folder as a whole. */
export function fileProblem(
  path: string,
  code: ErrorCode,
  message: string,
  hint: string,
  severity: Severity = 'error',
): Diagnostic {
  return { code, severity, file: path, line: 1, column: 1, path: '', message, hint };
}
