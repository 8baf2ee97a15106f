import { z } from 'zod';
import { nearestWord, textMap } from '../../manifest/index.ts';
import type { Attachment, TargetReference } from '../model.ts';
import { issueOf, quoted } from './field.ts';

/** `selector`, `targetRef` and `targetRefs`: alike in all policies. Istio specification, 1.11 and 1.14. */

export const selectorSchema = z.strictObject({
  matchLabels: textMap
    .superRefine((labels, context) => {
      for (const [name, value] of labels) {
        if (name === '' || `${name}${value}`.includes('*') || value.length > 63) {
          context.addIssue(
            issueOf(
              {
                code: 'ERR_POLICY_SELECTOR',
                message: `${quoted(`${name}: ${value}`)} cannot be selected by`,
                hint: 'a selector has no empty keys, no wildcards and no values over 63 characters',
              },
              [name],
            ),
          );
        }
      }
    })
    .optional(),
});

const TARGET_GROUPS: Readonly<Record<TargetReference['kind'], string>> = {
  Gateway: 'gateway.networking.k8s.io',
  GatewayClass: 'gateway.networking.k8s.io',
  Service: '',
  ServiceEntry: 'networking.istio.io',
};

const targetSchema = z
  .strictObject({
    group: z.string().max(253).optional(),
    kind: z.string().min(1).max(63),
    name: z.string().min(1).max(253),
    namespace: z.string().optional(),
  })
  .superRefine((target, context) => {
    if (target.namespace !== undefined && target.namespace !== '') {
      context.addIssue(
        issueOf(
          {
            code: 'ERR_POLICY_TARGET',
            message: 'a target is always in the namespace of its policy',
            hint: 'remove `namespace`, or put the policy into that namespace',
          },
          ['namespace'],
        ),
      );
    }
    const group = target.group === 'core' ? '' : (target.group ?? '');
    if (!isTargetKind(target.kind) || TARGET_GROUPS[target.kind] !== group) {
      const near = nearestWord(target.kind, Object.keys(TARGET_GROUPS));
      context.addIssue(
        issueOf(
          {
            code: 'ERR_POLICY_TARGET',
            message: `${quoted(`${group === '' ? 'core' : group}/${target.kind}`)} cannot be a target`,
            hint:
              near !== undefined && isTargetKind(near)
                ? `kind \`${near}\` is of group \`${TARGET_GROUPS[near]}\``
                : `possible are ${Object.keys(TARGET_GROUPS).join(', ')}`,
          },
          ['kind'],
        ),
      );
    }
  });

export const attachmentFields = {
  selector: selectorSchema.optional(),
  targetRef: targetSchema.optional(),
  targetRefs: z.array(targetSchema).max(16).optional(),
};

interface AttachmentSpec {
  readonly selector?: { readonly matchLabels?: ReadonlyMap<string, string> | undefined } | undefined;
  readonly targetRef?: TargetSpec | undefined;
  readonly targetRefs?: readonly TargetSpec[] | undefined;
}

interface TargetSpec {
  readonly kind: string;
  readonly name: string;
}

type Context = { addIssue(issue: ReturnType<typeof issueOf>): void };

/** At most one of the three may be there, even if it is empty. */
export function checkAttachment(spec: AttachmentSpec, context: Context): void {
  const ways = (['selector', 'targetRef', 'targetRefs'] as const).filter((way) => spec[way] !== undefined);
  const [, second] = ways;
  if (second !== undefined) {
    context.addIssue(
      issueOf(
        {
          code: 'ERR_POLICY_TARGET',
          message: `only one of ${ways.map((way) => `\`${way}\``).join(' and ')} can be there`,
          hint: 'keep one of them; for other workloads write a second policy',
        },
        [second],
        true,
      ),
    );
  }
}

export function lowerAttachment(spec: AttachmentSpec): Attachment {
  const many = spec.targetRefs ?? [];
  const targets = many.length === 0 && spec.targetRef !== undefined ? [spec.targetRef] : many;
  return targets.length === 0
    ? { by: 'labels', labels: [...(spec.selector?.matchLabels ?? [])] }
    : {
        by: 'targets',
        targets: targets.flatMap(({ kind, name }) => (isTargetKind(kind) ? [{ kind, name }] : [])),
      };
}

function isTargetKind(kind: string): kind is TargetReference['kind'] {
  return Object.hasOwn(TARGET_GROUPS, kind);
}
