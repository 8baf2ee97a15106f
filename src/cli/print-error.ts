import {
  type Diagnostic,
  formatDiagnostic,
  InvalidFilesError,
  LIMITS,
  SallyportError,
  sortDiagnostics,
} from '../base/index.ts';

/** An error as a person sees it: each problem with its place, or one sentence and its mend. */
export function errorLines(error: unknown): readonly string[] {
  if (error instanceof InvalidFilesError) {
    return [...diagnosticLines(error.diagnostics), `sallyport: ${error.message}`];
  }
  if (error instanceof SallyportError) {
    const mend = error.hint === undefined ? '' : ` (hint: ${error.hint})`;
    return [`sallyport: ${error.message}${mend} [${error.code}]`];
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return [`sallyport: a defect in sallyport itself: ${text} [ERR_INTERNAL]`];
}

/** One line each, in order of their places; past the limit the rest is counted. */
export function diagnosticLines(diagnostics: readonly Diagnostic[]): readonly string[] {
  const shown = sortDiagnostics(diagnostics).slice(0, LIMITS.diagnostics).map(formatDiagnostic);
  const rest = diagnostics.length - shown.length;
  return rest > 0 ? [...shown, `… and ${rest} more`] : shown;
}
