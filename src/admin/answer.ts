import {
  type Diagnostic,
  ERROR_CODES,
  type ErrorCode,
  InvalidFilesError,
  SallyportError,
} from '../base/index.ts';

/** What goes over the admin socket in answer to an operation. */
export type Answer =
  | { readonly result: unknown }
  | {
      readonly error: {
        readonly code: string;
        readonly message: string;
        readonly hint?: string | undefined;
        readonly diagnostics?: readonly Diagnostic[];
      };
    };

export function answerOfError(error: unknown): Answer {
  if (error instanceof InvalidFilesError) {
    const { code, message, diagnostics } = error;
    return { error: { code, message, diagnostics } };
  }
  if (error instanceof SallyportError) {
    const { code, message, hint } = error;
    return { error: { code, message, hint } };
  }
  return { error: { code: 'ERR_INTERNAL', message: 'an unexpected error; the log of sallyport says more' } };
}

/** The result, or the error as it was thrown over there. Throws `ERR_ADMIN_FAILED` for what is no answer. */
export function resultOfAnswer(answer: unknown): unknown {
  if (typeof answer === 'object' && answer !== null) {
    if ('result' in answer) {
      return answer.result;
    }
    if ('error' in answer) {
      throw thrownThere(answer.error);
    }
  }
  throw new SallyportError('ERR_ADMIN_FAILED', 'what answers at the admin socket is no sallyport');
}

function thrownThere(error: unknown): Error {
  const { code, message, hint, diagnostics } = error as Readonly<Record<string, unknown>>;
  if (code === 'ERR_INVALID_FILES' && Array.isArray(diagnostics)) {
    return new InvalidFilesError(diagnostics as readonly Diagnostic[]);
  }
  const known = typeof code === 'string' && code in ERROR_CODES ? (code as ErrorCode) : 'ERR_ADMIN_FAILED';
  return new SallyportError(known, String(message), typeof hint === 'string' ? { hint } : {});
}
