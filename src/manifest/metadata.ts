import { z } from 'zod';
import { isDnsLabel, isDnsSubdomain, isLabelValue, isQualifiedName } from './object-names.ts';
import { textMap } from './text-map.ts';

/** What every object has; members of `spec` and the like are the business of its own schema. */
export const objectHead = z.looseObject({
  apiVersion: z.string().min(1),
  kind: z.string().min(1),
  metadata: z.strictObject({
    name: named(isDnsSubdomain, 'lower-case letters, digits, `-` and `.`, at most 253 characters'),
    namespace: named(isDnsLabel, 'lower-case letters, digits and `-`, at most 63 characters').optional(),
    labels: mapOf(isQualifiedName, isLabelValue).optional(),
    annotations: mapOf(isQualifiedName, () => true).optional(),
    creationTimestamp: z
      .union([z.null(), named(isTimestamp, 'a time such as `2026-01-31T12:00:00Z`')])
      .optional(),
    // What an export of a cluster carries beside, and nothing here looks at.
    generateName: z.unknown().optional(),
    uid: z.unknown().optional(),
    resourceVersion: z.unknown().optional(),
    generation: z.unknown().optional(),
    selfLink: z.unknown().optional(),
    deletionTimestamp: z.unknown().optional(),
    deletionGracePeriodSeconds: z.unknown().optional(),
    ownerReferences: z.unknown().optional(),
    finalizers: z.unknown().optional(),
    managedFields: z.unknown().optional(),
  }),
});

export type ObjectHead = z.infer<typeof objectHead>;

function named(isValid: (text: string) => boolean, allowed: string) {
  return z.string().superRefine((text, context) => {
    if (!isValid(text)) {
      context.addIssue({
        code: 'custom',
        message: `\`${text.slice(0, 100)}\` is not allowed here`,
        params: { code: 'ERR_MANIFEST_METADATA', hint: `allowed: ${allowed}` },
      });
    }
  });
}

function mapOf(isKey: (text: string) => boolean, isValue: (text: string) => boolean) {
  return textMap.superRefine((map, context) => {
    for (const [key, value] of map) {
      if (!isKey(key) || !isValue(value)) {
        const part = isKey(key) ? 'value' : 'key';
        context.addIssue({
          code: 'custom',
          path: [key],
          message: `${part} is not one that Kubernetes allows`,
          params: {
            code: 'ERR_MANIFEST_METADATA',
            atKey: !isKey(key),
            hint: 'letters, digits, `-`, `_`, `.`, at most 63 characters; a key may have a DNS name and `/` in front',
          },
        });
      }
    }
  });
}

function isTimestamp(text: string): boolean {
  return (
    /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/.test(text) &&
    !Number.isNaN(Date.parse(text))
  );
}
