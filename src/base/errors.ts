import type { ErrorCode } from './error-codes.ts';

/** What an error carries beside its code. `details` must never hold a key, a token or a header value. */
export interface ErrorContext {
  /** How to mend it, one sentence, lower case, no full stop. */
  readonly hint?: string;
  readonly cause?: unknown;
  readonly details?: Readonly<Record<string, string | number | boolean>>;
}

/**
 * The only error type that crosses a room's border. `code` is stable and what programs look at;
 * `message` is for people: lower case, no full stop, user text in backticks.
 */
export class SallyportError extends Error {
  override readonly name = 'SallyportError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, string | number | boolean>>;

  constructor(code: ErrorCode, message: string, context: ErrorContext = {}) {
    super(message, context.cause === undefined ? undefined : { cause: context.cause });
    this.code = code;
    this.hint = context.hint;
    this.details = context.details ?? {};
  }
}

/** The code of `error` when it is ours, otherwise `ERR_INTERNAL`. */
export function errorCodeOf(error: unknown): ErrorCode {
  return error instanceof SallyportError ? error.code : 'ERR_INTERNAL';
}

/** The text of any thrown value; for logs, never for a stranger. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
