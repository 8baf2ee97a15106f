import { byCodeUnit } from './code-unit-order.ts';
import type { ErrorCode } from './error-codes.ts';

export type Severity = 'error' | 'warning';

/** One problem in one place of a file a person wrote. Lines and columns start at 1. */
export interface Diagnostic {
  readonly code: ErrorCode;
  readonly severity: Severity;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Where in the object: `spec.rules[0].from[1].source.ipBlocks[2]`; empty for a whole file. */
  readonly path: string;
  readonly message: string;
  readonly hint?: string;
}

/** A value that may only be used when no diagnostic of severity `error` came with it. */
export interface Checked<T> {
  readonly value: T | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity === 'error');
}

/** By file, line, column, then code: the same input always prints the same list. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return [...diagnostics].sort(
    (a, b) =>
      byCodeUnit(a.file, b.file) || a.line - b.line || a.column - b.column || byCodeUnit(a.code, b.code),
  );
}

/** `file:line:column: error: path: message (hint: …) [CODE]`, the form of the CLI and of the log. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { file, line, column, severity, path, message, hint, code } = diagnostic;
  const where = path === '' ? '' : `${path}: `;
  const mend = hint === undefined ? '' : ` (hint: ${hint})`;
  return `${file}:${line}:${column}: ${severity}: ${where}${message}${mend} [${code}]`;
}
