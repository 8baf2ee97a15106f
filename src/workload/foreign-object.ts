import { z } from 'zod';

/**
 * An object of somebody else's kind of which only a few fields are used here: those are checked strictly, all
 * others taken as they are. A field that differs from a used one by capitals alone is a misspelled one.
 */
export function foreign<Shape extends z.ZodRawShape>(shape: Shape) {
  const used = new Map(Object.keys(shape).map((name) => [name.toLowerCase(), name]));
  return z.looseObject(shape).superRefine((value, context) => {
    for (const key of Object.keys(value)) {
      const meant = used.get(key.toLowerCase());
      if (meant !== undefined && meant !== key) {
        context.addIssue({
          code: 'custom',
          path: [key],
          message: `unknown field \`${key}\``,
          params: { code: 'ERR_MANIFEST_UNKNOWN_FIELD', hint: `did you mean \`${meant}\`?`, atKey: true },
        });
      }
    }
  });
}

/** A whole object around the parts of it that are used. */
export function foreignObject<Shape extends z.ZodRawShape>(shape: Shape) {
  return foreign({ apiVersion: z.string(), kind: z.string(), metadata: z.unknown(), ...shape });
}

export const portNumber = z.int().min(1).max(65_535);
