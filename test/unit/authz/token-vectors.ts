import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { jwksOf, makeToken, type TestKeyName } from '../../fakes/token-issuer.ts';
import { type Ask, attributesOf, type CheckResponse, NOW_SECONDS } from './bed.ts';

const ROOT = 'test/vectors/policy/requests';

const keyName = z.enum(['rsa', 'rsaOther', 'p256', 'p256Other', 'p384', 'p521', 'ed25519', 'secret']);
const anything = z.record(z.string(), z.unknown());

const tokenSchema = z.strictObject({
  key: keyName.default('p256'),
  header: z.union([z.string(), anything]).optional(),
  claims: anything.optional(),
  payload: z.string().optional(),
  signature: z.string().optional(),
});

const expectSchema = z.strictObject({
  status: z.int().default(200),
  body: z.string().optional(),
  challenge: z.string().optional(),
  /** `issuer/subject`; null is nobody. */
  principal: z.string().nullable().optional(),
  /** Headers that rules see, by pattern, and one that they do not. */
  seen: z.record(z.string(), z.string()).default({}),
  unseen: z.string().optional(),
  claims: z.record(z.string(), z.string()).default({}),
  /** The code of a denial. */
  reason: z.string().optional(),
});

const requestSchema = z.strictObject({
  method: z.string().default('GET'),
  path: z.string().default('/'),
  headers: z.record(z.string(), z.union([z.string(), z.array(z.string())])).default({}),
  expect: expectSchema,
});

const caseSchema = z.strictObject({
  name: z.string(),
  row: z.string().min(3),
  envoy: z.boolean().default(false),
  rules: z
    .array(z.looseObject({ keys: z.array(keyName).optional() }))
    .default([{ issuer: 'i', keys: ['p256'] }]),
  tokens: z.record(z.string(), tokenSchema).default({}),
  profile: anything.default({}),
  hits: z.array(requestSchema).default([]),
  misses: z.array(requestSchema).default([]),
});

const COMMON = z.record(z.string(), tokenSchema).parse({
  good: { claims: { iss: 'i', sub: 's' } },
  other: { key: 'p384', claims: { iss: 'j', sub: 's' } },
  stranger: { claims: { iss: 'x', sub: 's' } },
  expired: { claims: { iss: 'i', sub: 's', exp: 'now-61' } },
  expiredOther: { key: 'p384', claims: { iss: 'j', sub: 's', exp: 'now-61' } },
  forged: { key: 'p256Other', header: { kid: 'p256' }, claims: { iss: 'i', sub: 's' } },
});

/** A request with tokens under RequestAuthentication rules, and what comes of it. */
export interface TokenVector {
  readonly file: string;
  readonly title: string;
  readonly row: string;
  /** Goes through a real Envoy too. */
  readonly envoy: boolean;
  readonly kind: 'hit' | 'miss';
  readonly policies: string;
  /** Of the proxy that asks. */
  readonly profile: object;
  readonly ask: Ask;
  readonly attributes: object;
  readonly expected: z.infer<typeof expectSchema>;
}

export function readTokenVectors(): readonly TokenVector[] {
  return readdirSync(ROOT)
    .sort()
    .flatMap((file) =>
      z
        .strictObject({ cases: z.array(caseSchema) })
        .parse(parse(readFileSync(`${ROOT}/${file}`, 'utf8')))
        .cases.flatMap((one) => [
          ...one.hits.map((request, index) => vectorOf(file, one, 'hit', index, request)),
          ...one.misses.map((request, index) => vectorOf(file, one, 'miss', index, request)),
        ]),
    );
}

type Case = z.infer<typeof caseSchema>;
type Request = z.infer<typeof requestSchema>;

function vectorOf(
  file: string,
  one: Case,
  kind: 'hit' | 'miss',
  index: number,
  request: Request,
): TokenVector {
  const tokens = { ...COMMON, ...one.tokens };
  const made = new Map<string, string>();
  const filled = (text: string) =>
    text.replace(/\{(escaped:)?(\w+)\}/g, (whole, escaped: string | undefined, name: string) => {
      const parts = tokens[name];
      if (parts === undefined) {
        throw new Error(`no token ${whole} in ${file}: ${one.name}`);
      }
      const token = made.get(name) ?? tokenOf(parts);
      made.set(name, token);
      return escaped === undefined ? token : token.replace(/./g, escapeCharacter);
    });
  const ask: Ask = {
    method: request.method,
    path: filled(request.path),
    host: 'shop.example',
    headers: Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, [value].flat().map(filled)]),
    ),
  };
  return {
    file,
    title: `${file}: ${one.name}: ${kind} ${index}`,
    row: one.row,
    envoy: one.envoy,
    ask,
    kind,
    policies: policiesOf(one, request.expect),
    profile: one.profile,
    attributes: attributesOf(ask),
    expected: request.expect,
  };
}

function tokenOf({ key, header, claims, payload, signature }: z.infer<typeof tokenSchema>): string {
  const parts = { ...(header === undefined ? {} : { header }), payload: payload ?? asTimes(claims ?? {}) };
  const token = makeToken(key satisfies TestKeyName, parts);
  return signature === undefined ? token : token.replace(/[^.]*$/, signature);
}

/** `now-60` stands for that many seconds before the time of the test. */
function asTimes(claims: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(claims).map(([name, value]) => {
      const [isTime, shift] = typeof value === 'string' ? (/^now([+-][\d.]+)?$/.exec(value) ?? []) : [];
      return [name, isTime === undefined ? value : NOW_SECONDS + Number(shift ?? 0)];
    }),
  );
}

function escapeCharacter(character: string): string {
  return `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}

/** The rules, and an ALLOW that lets a request pass only if it is as expected. */
function policiesOf({ rules }: Case, expected: z.infer<typeof expectSchema>): string {
  const jwtRules = rules.map(({ keys, ...rule }) => ({
    ...rule,
    ...(keys === undefined ? {} : { jwks: jwksOf(...keys) }),
  }));
  const { principal, seen, unseen, claims } = expected;
  const source =
    principal === null
      ? [{ source: { notRequestPrincipals: ['*'] } }]
      : principal === undefined
        ? []
        : [{ source: { requestPrincipals: [principal] } }];
  const when = [
    ...Object.entries(seen).map(([name, value]) => ({ key: `request.headers[${name}]`, values: [value] })),
    ...Object.entries(claims).map(([name, value]) => ({
      key: `request.auth.claims[${name}]`,
      values: [value],
    })),
    ...(unseen === undefined ? [] : [{ key: `request.headers[${unseen}]`, notValues: ['*'] }]),
  ];
  const head = { apiVersion: 'security.istio.io/v1', metadata: { namespace: 'shop', name: 'v' } };
  return [
    { ...head, kind: 'RequestAuthentication', spec: { jwtRules } },
    { ...head, kind: 'AuthorizationPolicy', spec: { rules: [{ from: source, when }] } },
  ]
    .map((object) => JSON.stringify(object))
    .join('\n---\n');
}

/** What a reply says, as far as the vector says what it should be. */
export function seenBy(reply: CheckResponse, expected: TokenVector['expected']): object {
  const { denied_response: denied, dynamic_metadata: metadata } = reply;
  const challenge = denied?.headers.find(({ header }) => header.key.toLowerCase() === 'www-authenticate');
  return {
    status: denied == null ? 200 : STATUS[denied.status.code],
    ...(expected.body === undefined ? {} : { body: denied?.body }),
    ...(expected.reason === undefined ? {} : { reason: metadata?.fields['reason']?.stringValue }),
    ...(expected.challenge === undefined ? {} : { challenge: challenge?.header.value }),
  };
}

export function wantedBy({ expected }: TokenVector): object {
  const { status, body, challenge, reason } = expected;
  return {
    status,
    ...(body === undefined ? {} : { body }),
    ...(reason === undefined ? {} : { reason }),
    ...(challenge === undefined ? {} : { challenge }),
  };
}

const STATUS: Readonly<Record<string, number>> = { Unauthorized: 401, Forbidden: 403 };
