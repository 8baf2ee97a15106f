import type { Diagnostic } from './diagnostics.ts';
import { SallyportError } from './errors.ts';

/** Files that people wrote hold errors; every one of them is in `diagnostics`. Code `ERR_INVALID_FILES`. */
export class InvalidFilesError extends SallyportError {
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
    super('ERR_INVALID_FILES', `${errors} ${errors === 1 ? 'problem' : 'problems'} in configuration files`);
    this.diagnostics = diagnostics;
  }
}
