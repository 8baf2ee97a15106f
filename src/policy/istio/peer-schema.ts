import { z } from 'zod';
import { selectorSchema } from './attachment-schema.ts';
import { issueOf, quoted } from './field.ts';

/** PeerAuthentication as Istio's CRD and webhook let it in. Istio specification, section 3. */

const mtls = z.strictObject({ mode: z.enum(['UNSET', 'DISABLE', 'PERMISSIVE', 'STRICT']).optional() });

export type MtlsSpec = z.infer<typeof mtls>;

/** Keys of any name, each checked to be a port; `z.record` would lose one called `__proto__`. */
const portLevel = z.unknown().transform((value, context): ReadonlyMap<number, MtlsSpec> => {
  const ports = new Map<number, MtlsSpec>();
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    context.addIssue({ code: 'invalid_type', expected: 'object', input: value });
    return ports;
  }
  for (const [name, entry] of Object.entries(value)) {
    const parsed = mtls.safeParse(entry);
    if (!/^[1-9]\d{0,4}$/.test(name) || Number(name) > 65_535) {
      context.addIssue(
        issueOf(
          {
            code: 'ERR_POLICY_PORT_MTLS',
            message: `${quoted(name)} is not a port from 1 to 65535`,
            hint: 'write the number of a port of the workload',
          },
          [name],
          true,
        ),
      );
    } else if (parsed.success) {
      ports.set(Number(name), parsed.data);
    } else {
      for (const issue of parsed.error.issues) {
        context.addIssue({ ...issue, path: [name, ...issue.path] });
      }
    }
  }
  return ports;
});

export const peerAuthenticationSpec = z
  .strictObject({
    selector: selectorSchema.optional(),
    mtls: mtls.optional(),
    portLevelMtls: portLevel.optional(),
  })
  .superRefine((spec, context) => {
    const complain = (message: string, hint: string) =>
      context.addIssue(issueOf({ code: 'ERR_POLICY_PORT_MTLS', message, hint }, ['portLevelMtls'], true));
    if (spec.portLevelMtls !== undefined && spec.portLevelMtls.size === 0) {
      complain(
        '`portLevelMtls` names no port',
        'add one, such as `8080: { mode: PERMISSIVE }`, or remove it',
      );
    }
    if (spec.portLevelMtls !== undefined && (spec.selector?.matchLabels?.size ?? 0) === 0) {
      complain(
        '`portLevelMtls` needs a `selector` with labels',
        'add `selector: { matchLabels: … }` with the labels of the workload whose ports are meant',
      );
    }
  });

export type PeerAuthenticationSpec = z.infer<typeof peerAuthenticationSpec>;
