import type { z } from 'zod';
import { type Checked, type Diagnostic, ERROR_CODES, type ErrorCode, LIMITS } from '../base/index.ts';
import { issueText } from './issue-text.ts';
import { knownNames } from './known-names.ts';
import { nearestWord } from './nearest-word.ts';
import { diagnosticAt, type Positioned } from './positioned.ts';
import { shapeHint } from './shape-hint.ts';
import type { ValuePath } from './value-path.ts';

/**
 * What a schema's own check may hand over in `params` of a custom issue, to give its diagnostic a code,
 * a hint or another place.
 */
export interface IssueParams {
  readonly code?: ErrorCode;
  readonly hint?: string;
  /** Points at the key instead of the value. */
  readonly atKey?: boolean;
}

/**
 * Checks `source` by `schema` and turns every issue into a diagnostic with its place: all at once, in
 * the order of the file. `prefix` is where the value stands when it is a part of its document.
 */
export function checkShape<T>(source: Positioned, schema: z.ZodType<T>, prefix: ValuePath = []): Checked<T> {
  const result = schema.safeParse(valueAt(source, prefix), { reportInput: true });
  if (result.success) {
    return { value: result.data, diagnostics: [] };
  }
  const issues = result.error.issues.flatMap((issue) => flatten(issue, []));
  const diagnostics = issues
    .filter((issue) => !isMisspelled(issue, issues, schema))
    .flatMap((issue) => diagnose(source, schema, prefix, issue))
    .sort((a, b) => a.line - b.line || a.column - b.column);
  return { value: undefined, diagnostics: diagnostics.slice(0, LIMITS.diagnostics) };
}

type Issue = z.core.$ZodIssue;

function valueAt(source: Positioned, path: ValuePath): unknown {
  let here: unknown = source.value;
  for (const step of path) {
    here =
      typeof here === 'object' && here !== null
        ? (here as Record<string | number, unknown>)[step]
        : undefined;
  }
  return here;
}

/** Of a union, the branch that came furthest; its issues then stand for the union's. */
function flatten(issue: Issue, prefix: readonly PropertyKey[]): readonly Issue[] {
  const path = [...prefix, ...issue.path];
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) {
    return [{ ...issue, path }];
  }
  const depthOf = (branch: readonly Issue[]) => Math.max(...branch.map((inner) => inner.path.length));
  const [best, next] = [...issue.errors].sort((a, b) => depthOf(b) - depthOf(a) || a.length - b.length);
  if (best === undefined || (next !== undefined && depthOf(best) === 0 && depthOf(next) === 0)) {
    return [{ ...issue, path }];
  }
  return best.flatMap((inner) => flatten(inner, path));
}

function diagnose(
  source: Positioned,
  schema: z.ZodType,
  prefix: ValuePath,
  issue: Issue,
): readonly Diagnostic[] {
  const inner = issue.path.map(stepOf);
  const path = [...prefix, ...inner];
  if (issue.code === 'unrecognized_keys') {
    const names = knownNames(schema, inner);
    return issue.keys.map((key) => unknownField(source, [...path, key], key, names));
  }
  const params = issue.code === 'custom' ? readParams(issue.params) : {};
  const hint = shapeHint(issue);
  return [
    diagnosticAt(source, path, {
      code: 'ERR_MANIFEST_SHAPE',
      message: issueText(issue),
      ...(hint === undefined ? {} : { hint }),
      ...params,
    }),
  ];
}

/** A field that is missing because its name was misspelled; the misspelled one is shown, with its hint. */
function isMisspelled(issue: Issue, issues: readonly Issue[], schema: z.ZodType): boolean {
  const name = issue.path.at(-1);
  if (issue.code !== 'invalid_type' || issue.input !== undefined || typeof name !== 'string') {
    return false;
  }
  const parent = issue.path.slice(0, -1);
  return issues.some(
    (other) =>
      other.code === 'unrecognized_keys' &&
      other.path.length === parent.length &&
      other.path.every((step, index) => step === parent[index]) &&
      other.keys.some((key) => nearestWord(key, knownNames(schema, parent.map(stepOf))) === name),
  );
}

function stepOf(step: PropertyKey): string | number {
  return typeof step === 'number' ? step : String(step);
}

function unknownField(
  source: Positioned,
  path: ValuePath,
  key: string,
  names: readonly string[],
): Diagnostic {
  const near = nearestWord(key, names);
  const known = names.length > 0 && names.length <= 30 ? `known here: ${names.join(', ')}` : undefined;
  const hint = near === undefined ? known : `did you mean \`${near}\`?`;
  return diagnosticAt(source, path, {
    code: 'ERR_MANIFEST_UNKNOWN_FIELD',
    message: `unknown field \`${key.slice(0, 100)}\``,
    atKey: true,
    ...(hint === undefined ? {} : { hint }),
  });
}

function readParams(params: unknown): IssueParams {
  if (typeof params !== 'object' || params === null) {
    return {};
  }
  const { code, hint, atKey } = params as Readonly<Record<string, unknown>>;
  return {
    ...(isErrorCode(code) ? { code } : {}),
    ...(typeof hint === 'string' ? { hint } : {}),
    ...(typeof atKey === 'boolean' ? { atKey } : {}),
  };
}

function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERROR_CODES, value);
}
