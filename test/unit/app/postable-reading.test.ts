import { describe, expect, it } from 'vitest';
import { DIAGNOSTICS_MAX, postableReading } from '../../../src/app/postable-reading.ts';
import type { Diagnostic, Severity } from '../../../src/base/index.ts';

function problems(count: number, severity: Severity, from = 1): readonly Diagnostic[] {
  return Array.from({ length: count }, (_, index) => ({
    code: 'ERR_MANIFEST_SHAPE',
    severity,
    file: 'p.yaml',
    line: from + index,
    column: 1,
    path: '',
    message: 'not as it should be',
  }));
}

function carried(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return postableReading({ content: undefined, diagnostics, signature: '' }).diagnostics;
}

describe('the problems of a reading', () => {
  it('are all carried over up to a number', () => {
    const some = problems(DIAGNOSTICS_MAX, 'warning');
    expect(carried(some)).toEqual(some);
    expect(carried([...some, ...problems(1, 'warning', 5000)])).toEqual(some);
  });

  it('lose no error to warnings before it', () => {
    const error = problems(1, 'error', 9000);
    const all = carried([...problems(DIAGNOSTICS_MAX, 'warning'), ...error]);
    expect(all).toHaveLength(DIAGNOSTICS_MAX);
    expect(all.at(-1)).toEqual(error[0]);
  });
});
