import { z } from 'zod';

/**
 * A map of text to text as a `Map`, every name kept (`z.record` drops `__proto__`). `null` is refused, as
 * is any value that is not text.
 */
export const textMap = z.unknown().transform((value, context): ReadonlyMap<string, string> => {
  const map = new Map<string, string>();
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    context.addIssue({ code: 'invalid_type', expected: 'object', input: value });
    return map;
  }
  for (const [name, text] of Object.entries(value)) {
    if (typeof text === 'string') {
      map.set(name, text);
    } else {
      context.addIssue({
        code: 'custom',
        path: [name],
        message: 'expected a text',
        params: { hint: 'put it in quotes' },
      });
    }
  }
  return map;
});
