import { describe, expect, it } from 'vitest';
import { type Diagnostic, formatDiagnostic, hasErrors, sortDiagnostics } from '../../../src/base/index.ts';

const base: Diagnostic = {
  code: 'ERR_INTERNAL',
  severity: 'error',
  file: 'a.yaml',
  line: 3,
  column: 7,
  path: 'spec.rules[0]',
  message: 'unknown field `form`',
  hint: 'did you mean `from`?',
};

describe('diagnostics', () => {
  it('prints file, line, column, path, message, hint and code', () => {
    expect(formatDiagnostic(base)).toBe(
      'a.yaml:3:7: error: spec.rules[0]: unknown field `form` (hint: did you mean `from`?) [ERR_INTERNAL]',
    );
  });

  it('leaves out an empty path and an absent hint', () => {
    const { hint: _, ...rest } = base;
    expect(formatDiagnostic({ ...rest, path: '' })).toBe(
      'a.yaml:3:7: error: unknown field `form` [ERR_INTERNAL]',
    );
  });

  it('sorts by file, line as a number, column, code', () => {
    const list = [
      { ...base, file: 'b.yaml', line: 1 },
      { ...base, line: 10 },
      { ...base, line: 9, column: 2 },
      { ...base, line: 9, column: 1 },
    ];
    expect(sortDiagnostics(list).map((d) => `${d.file}:${d.line}:${d.column}`)).toEqual([
      'a.yaml:9:1',
      'a.yaml:9:2',
      'a.yaml:10:7',
      'b.yaml:1:7',
    ]);
  });

  it('counts only errors as errors', () => {
    expect(hasErrors([{ ...base, severity: 'warning' }])).toBe(false);
    expect(hasErrors([{ ...base, severity: 'warning' }, base])).toBe(true);
  });
});
