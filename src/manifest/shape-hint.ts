import type { z } from 'zod';
import { nearestWord } from './nearest-word.ts';

/** How to mend an issue of a schema; undefined where its message says all there is. */
export function shapeHint(issue: z.core.$ZodIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return typeHint(issue);
    case 'invalid_value': {
      const near =
        typeof issue.input === 'string' ? nearestWord(issue.input, issue.values.map(String)) : undefined;
      return near === undefined ? 'choose one of them' : `did you mean \`${near}\`?`;
    }
    case 'too_small':
      return 'add what is missing';
    case 'too_big':
      return 'take out what is too much';
    case 'invalid_union':
    case 'invalid_format':
      return 'compare it with the files in `examples/` and with docs/config.md';
    default:
      return undefined;
  }
}

function typeHint(issue: z.core.$ZodIssueInvalidType): string {
  if (issue.input === undefined) {
    const name = issue.path.at(-1);
    return typeof name === 'string' ? `add \`${name}\`` : 'add it';
  }
  // A number or a boolean where a text belongs, such as `ports: [80]`.
  if (issue.expected === 'string' && (typeof issue.input === 'number' || typeof issue.input === 'boolean')) {
    return 'put it in quotes';
  }
  switch (issue.expected) {
    case 'array':
      return 'write a list: `[a, b]`, or a line `- a` for each';
    case 'object':
    case 'record':
      return 'write fields: `{ name: value }`, or a line `name: value` for each';
    case 'string':
      return 'write a text, in quotes if need be';
    case 'boolean':
      return 'write `true` or `false`, without quotes';
    default:
      return 'write a number, without quotes';
  }
}
