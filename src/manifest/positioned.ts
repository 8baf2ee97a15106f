import type { Diagnostic, ErrorCode, Severity } from '../base/index.ts';
import { formatPath, type ValuePath } from './value-path.ts';

/** Both start at 1; columns count UTF-16 code units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Plain data that knows where each of its parts was written. Objects have no prototype. */
export interface Positioned {
  readonly file: string;
  readonly value: PlainValue;
  /**
   * Where the value at `path` begins; for a list or a map the key in front of it. A path that leads
   * nowhere gives the nearest part that is there.
   */
  locate(path: ValuePath): Position;
  /** Where the key of the value at `path` begins; like `locate` for members of lists. */
  locateKey(path: ValuePath): Position;
}

export type PlainValue =
  | string
  | number
  | boolean
  | null
  | readonly PlainValue[]
  | { readonly [name: string]: PlainValue };

export interface Problem {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
  /** Default: `error`. */
  readonly severity?: Severity;
  /** Points at the key instead of the value. */
  readonly atKey?: boolean;
}

/** A diagnostic for the part of `source` at `path`. */
export function diagnosticAt(
  source: Omit<Positioned, 'value'>,
  path: ValuePath,
  problem: Problem,
): Diagnostic {
  const { line, column } = problem.atKey === true ? source.locateKey(path) : source.locate(path);
  return {
    code: problem.code,
    severity: problem.severity ?? 'error',
    file: source.file,
    line,
    column,
    path: formatPath(path),
    message: problem.message,
    ...(problem.hint === undefined ? {} : { hint: problem.hint }),
  };
}
