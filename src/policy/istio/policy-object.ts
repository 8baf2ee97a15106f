import { z } from 'zod';

/** A whole object around its `spec`; an absent `spec` is an empty one, and `status` is nobody's business. */
export function policyObject<S>(spec: z.ZodType<S>) {
  return z.strictObject({
    apiVersion: z.string(),
    kind: z.string(),
    metadata: z.unknown(),
    spec: z.preprocess((value) => (value === undefined ? {} : value), spec),
    status: z.unknown().optional(),
  });
}
