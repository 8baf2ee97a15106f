import { type Diagnostic, type EventSink, formatDiagnostic, LIMITS, sortDiagnostics } from '../base/index.ts';

/** One event for each problem of the files, in order of their places, bounded. */
export function tellDiagnostics(diagnostics: readonly Diagnostic[], events: EventSink): void {
  for (const diagnostic of sortDiagnostics(diagnostics).slice(0, LIMITS.diagnostics)) {
    const { severity, code, file, line, column, path } = diagnostic;
    events({
      level: severity === 'error' ? 'error' : 'warn',
      event: 'config.problem',
      message: formatDiagnostic(diagnostic),
      fields: { code, file, line, column, path },
    });
  }
}
