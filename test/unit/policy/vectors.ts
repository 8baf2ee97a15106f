import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { parseTrustDomain } from '../../../src/identity/index.ts';
import type { Claims, ClaimValue } from '../../../src/jwt/index.ts';
import type {
  Attributes,
  HeaderView,
  MeshSettings,
  MetadataValue,
  Target,
} from '../../../src/policy/index.ts';

const ROOT = 'test/vectors/policy';

const requestSchema = z.strictObject({
  tcp: z.boolean(),
  principals: z.array(z.string()),
  sourceAddress: z.string().nullable(),
  remoteAddress: z.string().nullable(),
  destinationAddress: z.string().nullable(),
  destinationPort: z.int().nullable(),
  sni: z.string().nullable(),
  method: z.string(),
  host: z.string(),
  path: z.string().nullable(),
  headers: z.custom<Record<string, string | string[]>>(isObject),
  joinedHeaders: z.boolean(),
  claims: z.custom<Record<string, ClaimValue>>(isObject).nullable(),
  metadata: z.custom<Record<string, MetadataValue>>(isObject).nullable(),
});

const expectSchema = z.strictObject({
  effect: z.enum(['allow', 'deny']),
  reason: z.string(),
  policy: z.string().optional(),
  rule: z.int().optional(),
});

const verdictSchema = expectSchema.extend({
  shadow: z.array(z.string()).default([]),
  ifEnforced: expectSchema.optional(),
});

const meshSchema = z.strictObject({
  trustDomain: z.string(),
  trustDomainAliases: z.array(z.string()).optional(),
  rootNamespace: z.string().optional(),
});

const targetSchema = z.strictObject({
  namespace: z.string(),
  kind: z.enum(['sidecar', 'gateway', 'waypoint']),
  gatewayName: z.string().optional(),
  labels: z.record(z.string(), z.string()),
  services: z
    .array(
      z.strictObject({ kind: z.enum(['Service', 'ServiceEntry']), namespace: z.string(), name: z.string() }),
    )
    .default([]),
});

const partialRequest = requestSchema.partial();

/** A policy's namespace, and what in its spec says for whom it is. */
const attachmentSchema = z.strictObject({ namespace: z.string(), spec: z.looseObject({}) });

const caseSchema = z.strictObject({
  name: z.string(),
  row: z.string().min(3),
  envoy: z.boolean().default(false),
  target: targetSchema.optional(),
  actions: z.array(z.enum(['ALLOW', 'DENY'])).default(['ALLOW', 'DENY']),
  rules: z.array(z.unknown()).optional(),
  rule: z.int().default(0),
  hits: z.array(partialRequest).default([]),
  misses: z.array(partialRequest).default([]),
  policies: z.array(z.looseObject({ kind: z.string() })).optional(),
  attachments: z
    .array(z.strictObject({ hit: attachmentSchema.optional(), miss: attachmentSchema.optional() }))
    .default([]),
  requests: z.array(partialRequest.extend({ expect: verdictSchema })).default([]),
});

export type VectorRequest = z.infer<typeof requestSchema>;
export type VectorVerdict = z.infer<typeof verdictSchema>;

/** One request against one set of policies, with the decision that the specification asks for. */
export interface Vector {
  readonly file: string;
  readonly title: string;
  readonly row: string;
  /** Goes through a real Envoy too. */
  readonly envoy: boolean;
  /** Whether it shows what the row says, or what it does not say. */
  readonly kind: 'hit' | 'miss';
  readonly mesh: MeshSettings;
  readonly target: Target;
  /** Policies as one YAML text. */
  readonly policies: string;
  readonly request: VectorRequest;
  readonly expected: VectorVerdict;
}

const defaults = z
  .strictObject({ mesh: meshSchema, target: targetSchema, request: requestSchema })
  .parse(parse(readFileSync(`${ROOT}/defaults.yaml`, 'utf8')));

/** Every request of every case of every file, defaults filled in. */
export function readVectors(): readonly Vector[] {
  known ??= readAll();
  return known;
}

let known: readonly Vector[] | undefined;

function readAll(): readonly Vector[] {
  return readdirSync(ROOT)
    .filter((name) => name.endsWith('.yaml') && name !== 'defaults.yaml')
    .sort()
    .flatMap((name) => {
      const file = z
        .strictObject({ mesh: meshSchema.optional(), cases: z.array(caseSchema) })
        .parse(readYamlWithoutPrototypes(`${ROOT}/${name}`));
      return file.cases.flatMap((one) => vectorsOf(name, { ...defaults.mesh, ...file.mesh }, one));
    });
}

type Case = z.infer<typeof caseSchema>;

function vectorsOf(file: string, mesh: z.infer<typeof meshSchema>, one: Case): readonly Vector[] {
  const shared = {
    file,
    envoy: one.envoy,
    row: one.row,
    mesh: {
      trustDomain: parseTrustDomain(mesh.trustDomain),
      trustDomainAliases: mesh.trustDomainAliases ?? [],
      rootNamespace: mesh.rootNamespace ?? 'istio-system',
    },
    target: targetOf(one.target ?? defaults.target),
  };
  const byRules = (one.rules === undefined ? [] : one.actions).flatMap((action) => {
    const policies = policyText([
      {
        kind: 'AuthorizationPolicy',
        metadata: { namespace: 'web', name: 'p' },
        spec: { action, rules: one.rules },
      },
    ]);
    const make = (kind: 'hit' | 'miss') => (request: z.infer<typeof partialRequest>, index: number) => ({
      ...shared,
      policies,
      kind,
      title: `${file}: ${one.name}: ${action} ${kind} ${index}`,
      request: withDefaults(request),
      expected: expectedOf(action, kind, one.rule),
    });
    return [...one.hits.map(make('hit')), ...one.misses.map(make('miss'))];
  });
  const policies = policyText(one.policies ?? []);
  return [
    ...byRules,
    ...one.attachments.flatMap((attachment, index) => attachmentVectors(shared, one.name, index, attachment)),
    ...one.requests.map(({ expect, ...request }, index) => ({
      ...shared,
      policies,
      kind: expect.policy !== undefined || expect.shadow.length > 0 ? ('hit' as const) : ('miss' as const),
      title: `${file}: ${one.name}: request ${index}`,
      request: withDefaults(request),
      expected: expect,
    })),
  ];
}

type Shared = Pick<Vector, 'file' | 'envoy' | 'row' | 'mesh' | 'target'>;

/** A policy with one rule for everything, as each action. */
function attachmentVectors(
  shared: Shared,
  name: string,
  index: number,
  { hit, miss }: Case['attachments'][number],
): readonly Vector[] {
  const { namespace, spec } = hit ?? miss ?? { namespace: '', spec: {} };
  const policy = `${namespace}/p`;
  const decided = { policy, rule: 0, shadow: [] };
  const open: VectorVerdict = { effect: 'allow', reason: 'allowed_no_policy', shadow: [] };
  const wanted: Readonly<Record<string, VectorVerdict>> = {
    DENY: { effect: 'deny', reason: 'denied_by_policy', ...decided },
    ALLOW: { effect: 'allow', reason: 'allowed_by_policy', ...decided },
    AUDIT: { ...open, shadow: [`audit AUDIT ${policy} 0`] },
  };
  return Object.entries(wanted).map(([action, verdict]) => ({
    ...shared,
    kind: hit === undefined ? ('miss' as const) : ('hit' as const),
    title: `${shared.file}: ${name}: ${action} ${hit === undefined ? 'miss' : 'hit'} ${index}`,
    policies: policyText([
      {
        kind: 'AuthorizationPolicy',
        metadata: { namespace, name: 'p' },
        spec: { action, ...spec, rules: [{}] },
      },
    ]),
    request: withDefaults({}),
    expected: hit === undefined ? open : verdict,
  }));
}

function expectedOf(action: 'ALLOW' | 'DENY', kind: 'hit' | 'miss', rule: number): VectorVerdict {
  if (kind === 'hit') {
    const effect = action === 'ALLOW' ? 'allow' : 'deny';
    const reason = action === 'ALLOW' ? 'allowed_by_policy' : 'denied_by_policy';
    return { effect, reason, policy: 'web/p', rule, shadow: [] };
  }
  return action === 'ALLOW'
    ? { effect: 'deny', reason: 'denied_no_rule', shadow: [] }
    : { effect: 'allow', reason: 'allowed_no_policy', shadow: [] };
}

function withDefaults(request: z.infer<typeof partialRequest>): VectorRequest {
  return { ...defaults.request, ...request } as VectorRequest;
}

function policyText(objects: readonly object[]): string {
  return objects
    .map((object) => JSON.stringify({ apiVersion: 'security.istio.io/v1', ...object }))
    .join('\n---\n');
}

function targetOf(target: z.infer<typeof targetSchema>): Target {
  return {
    ...target,
    labels: new Map(Object.entries(target.labels)),
    gatewayName: target.gatewayName,
  };
}

/** What `authz` would make of the request. */
export function attributesOf(request: VectorRequest): Attributes {
  const claims: Claims = new Map(Object.entries(request.claims ?? {}));
  return {
    transport: request.tcp ? 'tcp' : 'http',
    source: {
      principals: request.principals,
      address: request.sourceAddress ?? undefined,
      remoteAddress: request.remoteAddress ?? undefined,
    },
    destination: {
      address: request.destinationAddress ?? undefined,
      port: request.destinationPort ?? undefined,
    },
    sni: request.sni ?? undefined,
    http: request.tcp
      ? undefined
      : {
          method: request.method,
          host: request.host,
          path: request.path ?? undefined,
          headers: headerView(request.headers, request.joinedHeaders),
        },
    token:
      request.claims === null
        ? undefined
        : {
            ruleId: 'web/jwt#0',
            issuer: undefined,
            subject: undefined,
            claims,
            expiresAtSeconds: undefined,
          },
    filterMetadata: new Map(Object.entries(request.metadata ?? {})),
  };
}

export function headerView(
  headers: Readonly<Record<string, string | readonly string[]>>,
  joined: boolean,
): HeaderView {
  const lines = new Map(Object.entries(headers).map(([name, value]) => [name, [value].flat()]));
  return { joined, lines: (name) => lines.get(name) };
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `yaml` alone would give `__proto__` to the prototype. */
function readYamlWithoutPrototypes(path: string): unknown {
  return strip(parse(readFileSync(path, 'utf8'), { mapAsMap: true }));
}

function strip(value: unknown): unknown {
  if (value instanceof Map) {
    const object: Record<string, unknown> = Object.create(null);
    for (const [name, member] of value) {
      object[String(name)] = strip(member);
    }
    return object;
  }
  return Array.isArray(value) ? value.map(strip) : value;
}
