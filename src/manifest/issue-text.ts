import type { z } from 'zod';

/** A schema issue in our style: lower case, no full stop, and nothing of the value but its type. */
export function issueText(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined
        ? `${article(issue.expected)} is required here`
        : `expected ${article(issue.expected)}, found ${kindOf(issue.input)}`;
    case 'too_small':
      return `${size(issue.origin)}at least ${issue.minimum}${unit(issue.origin, Number(issue.minimum))}`;
    case 'too_big':
      return `${size(issue.origin)}at most ${issue.maximum}${unit(issue.origin, Number(issue.maximum))}`;
    case 'invalid_value':
      return `expected ${issue.values.map((value) => `\`${String(value)}\``).join(' or ')}`;
    case 'invalid_union':
      return 'none of the forms that are allowed here';
    case 'invalid_format':
      return `not a valid ${issue.format === 'regex' ? 'text for this field' : issue.format}`;
    default:
      return `${issue.message.slice(0, 1).toLowerCase()}${issue.message.slice(1)}`;
  }
}

function article(type: string): string {
  const name = TYPE_NAMES[type] ?? type;
  return /^[aeiou]/.test(name) ? `an ${name}` : `a ${name}`;
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  array: 'list',
  object: 'map',
  record: 'map',
  string: 'text',
  int: 'whole number',
  boolean: '`true` or `false`',
};

function kindOf(value: unknown): string {
  if (value === null) {
    return 'nothing';
  }
  if (Array.isArray(value)) {
    return 'a list';
  }
  return typeof value === 'boolean' ? '`true` or `false`' : article(typeof value);
}

function size(origin: string): string {
  return origin === 'array' || origin === 'string' || origin === 'object' ? 'must have ' : 'must be ';
}

function unit(origin: string, count: number): string {
  const plural = count === 1 ? '' : 's';
  switch (origin) {
    case 'array':
      return count === 1 ? ' entry' : ' entries';
    case 'string':
      return ` character${plural}`;
    case 'object':
      return ` field${plural}`;
    default:
      return '';
  }
}
