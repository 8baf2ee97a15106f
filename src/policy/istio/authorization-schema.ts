import { z } from 'zod';
import { nearestWord } from '../../manifest/index.ts';
import { attachmentFields, checkAttachment } from './attachment-schema.ts';
import { CONDITION_KEYS, conditionValueProblem, parseConditionKey } from './condition-key.ts';
import { basicProblem, issueOf, PATTERN_HINT, patternField, quoted, textField } from './field.ts';
import { ipProblem, pathProblem, portProblem, serviceAccountProblem, trustDomainProblem } from './values.ts';

/** AuthorizationPolicy as Istio's CRD and webhook let it in. Istio specification, 1.1 and 1.14. */

const texts = z.array(patternField()).optional();
const ips = z.array(textField(ipProblem)).optional();
const ports = z.array(textField(portProblem)).optional();
const paths = z.array(textField(pathProblem)).optional();
const serviceAccounts = z.array(textField(serviceAccountProblem)).max(16).optional();
const trustDomains = z.array(textField(trustDomainProblem)).optional();

const sourceSchema = z
  .strictObject({
    principals: texts,
    notPrincipals: texts,
    requestPrincipals: texts,
    notRequestPrincipals: texts,
    namespaces: texts,
    notNamespaces: texts,
    serviceAccounts,
    notServiceAccounts: serviceAccounts,
    trustDomains,
    notTrustDomains: trustDomains,
    ipBlocks: ips,
    notIpBlocks: ips,
    remoteIpBlocks: ips,
    notRemoteIpBlocks: ips,
  })
  .superRefine((source, context) => {
    checkNotEmpty(source, 'source', context);
    const accounts = source.serviceAccounts ?? source.notServiceAccounts;
    const others = source.principals ?? source.notPrincipals ?? source.namespaces ?? source.notNamespaces;
    if (accounts !== undefined && others !== undefined) {
      context.addIssue(
        issueOf(
          {
            code: 'ERR_POLICY_SOURCE_CONFLICT',
            message: 'service accounts cannot stand beside principals or namespaces',
            hint: 'use two entries of `from`, or only one of these fields',
          },
          [source.serviceAccounts === undefined ? 'notServiceAccounts' : 'serviceAccounts'],
          true,
        ),
      );
    }
  });

const operationSchema = z
  .strictObject({
    hosts: texts,
    notHosts: texts,
    ports,
    notPorts: ports,
    methods: texts,
    notMethods: texts,
    paths,
    notPaths: paths,
  })
  .superRefine((operation, context) => checkNotEmpty(operation, 'operation', context));

const conditionSchema = z
  .strictObject({
    key: z.string(),
    values: z.array(z.string()).optional(),
    notValues: z.array(z.string()).optional(),
  })
  .superRefine((condition, context) => {
    const key = parseConditionKey(condition.key);
    if (key === undefined) {
      const near = nearestWord(condition.key, CONDITION_KEYS);
      context.addIssue(
        issueOf(
          {
            code: 'ERR_POLICY_CONDITION',
            message: `${quoted(condition.key)} is not an attribute that a condition can have`,
            hint:
              near === undefined ? `possible are ${CONDITION_KEYS.join(', ')}` : `did you mean \`${near}\`?`,
          },
          ['key'],
        ),
      );
    }
    const lists = [condition.values, condition.notValues] as const;
    if (lists.every((list) => (list ?? []).length === 0)) {
      context.addIssue(
        issueOf(
          {
            code: 'ERR_POLICY_CONDITION',
            message: 'a condition needs `values` or `notValues`',
            hint: 'add one of the two',
          },
          ['key'],
        ),
      );
    }
    for (const [index, list] of lists.entries()) {
      const name = index === 0 ? 'values' : 'notValues';
      if (key?.kind === 'source.serviceAccount' && (list ?? []).length > 16) {
        const message = 'at most 16 service accounts can stand in one list';
        const hint = 'write a second rule for the others';
        context.addIssue(issueOf({ code: 'ERR_POLICY_SERVICE_ACCOUNT', message, hint }, [name], true));
      }
      for (const [position, value] of (list ?? []).entries()) {
        const problem = basicProblem(value, PATTERN_HINT) ?? (key && conditionValueProblem(key, value));
        if (problem !== undefined) {
          context.addIssue(issueOf(problem, [name, position]));
        }
      }
    }
  });

const ruleSchema = z.strictObject({
  from: z
    .array(z.strictObject({ source: sourceSchema }))
    .max(512)
    .optional(),
  to: z.array(z.strictObject({ operation: operationSchema })).optional(),
  when: z.array(conditionSchema).optional(),
});

export const authorizationSpec = z
  .strictObject({
    ...attachmentFields,
    action: z.enum(['ALLOW', 'DENY', 'AUDIT', 'CUSTOM']).default('ALLOW'),
    provider: z.strictObject({ name: z.string().optional() }).optional(),
    rules: z.array(ruleSchema).max(512).optional(),
  })
  .superRefine((spec, context) => {
    checkAttachment(spec, context);
    if (spec.action !== 'CUSTOM' && spec.provider !== undefined) {
      context.addIssue(
        issueOf(
          {
            code: 'ERR_POLICY_ACTION',
            message: '`provider` goes with action `CUSTOM` only',
            hint: 'remove it',
          },
          ['provider'],
          true,
        ),
      );
    }
    if ((spec.action === 'DENY' || spec.action === 'CUSTOM') && (spec.rules ?? []).length === 0) {
      context.addIssue(
        issueOf(
          {
            code: 'ERR_POLICY_ACTION',
            message: `action \`${spec.action}\` without rules would never apply`,
            hint: 'write `rules: [{}]` if it is to apply to every request',
          },
          ['action'],
        ),
      );
    }
    if (spec.action === 'CUSTOM') {
      checkCustom(spec, context);
    }
  });

export type AuthorizationSpec = z.infer<typeof authorizationSpec>;
export type RuleSpec = z.infer<typeof ruleSchema>;
export type SourceSpec = z.infer<typeof sourceSchema>;
export type OperationSpec = z.infer<typeof operationSchema>;
export type ConditionSpec = z.infer<typeof conditionSchema>;

type Context = { addIssue(issue: ReturnType<typeof issueOf>): void };

function checkNotEmpty(
  entry: Readonly<Record<string, readonly string[] | undefined>>,
  name: string,
  context: Context & { readonly issues: readonly unknown[] },
): void {
  // A misspelled field makes an entry look empty; one complaint is enough.
  if (context.issues.length === 0 && Object.values(entry).every((list) => (list ?? []).length === 0)) {
    context.addIssue(
      issueOf(
        {
          code: 'ERR_POLICY_EMPTY',
          message: `\`${name}\` says nothing`,
          hint: 'remove the whole list if nothing is to be restricted',
        },
        [],
        true,
      ),
    );
  }
}

/** CUSTOM runs before tokens and identities are looked at, so its rules cannot ask for them. */
function checkCustom(
  spec: {
    readonly provider?: { readonly name?: string | undefined } | undefined;
    readonly rules?: readonly RuleSpec[] | undefined;
  },
  context: Context,
): void {
  if ((spec.provider?.name ?? '') === '') {
    context.addIssue(
      issueOf(
        {
          code: 'ERR_POLICY_ACTION',
          message: 'action `CUSTOM` needs `provider.name`',
          hint: 'name a provider',
        },
        ['provider'],
      ),
    );
  }
  const complain = (path: readonly (string | number)[]) =>
    context.addIssue(
      issueOf(
        {
          code: 'ERR_POLICY_ACTION',
          message: 'cannot be asked for with action `CUSTOM`',
          hint: 'CUSTOM comes before identities and tokens are known; use ALLOW or DENY',
        },
        ['rules', ...path],
        true,
      ),
    );
  for (const [index, rule] of (spec.rules ?? []).entries()) {
    for (const [position, { source }] of (rule.from ?? []).entries()) {
      for (const [field, list] of Object.entries(source)) {
        if (!/ipBlocks$/i.test(field) && (list ?? []).length > 0) {
          complain([index, 'from', position, 'source', field]);
        }
      }
    }
    for (const [position, { key }] of (rule.when ?? []).entries()) {
      if (/^request\.auth\.|^source\.(?!ip$)/.test(key)) {
        complain([index, 'when', position, 'key']);
      }
    }
  }
}
