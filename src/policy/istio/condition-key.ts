import type { FieldProblem } from './field.ts';
import { quoted } from './field.ts';
import { ipProblem, portProblem, serviceAccountProblem, trustDomainProblem } from './values.ts';

/** A `when` key, read. Istio specification, section 1.7. */
export type ConditionKey =
  | { readonly kind: PlainKey }
  | { readonly kind: 'request.headers'; readonly name: string }
  | { readonly kind: 'request.auth.claims'; readonly path: readonly string[] }
  | { readonly kind: 'experimental'; readonly filter: string; readonly key: string };

const PLAIN_KEYS = [
  'source.ip',
  'remote.ip',
  'source.namespace',
  'source.principal',
  'source.serviceAccount',
  'source.trustDomain',
  'request.auth.principal',
  'request.auth.audiences',
  'request.auth.presenter',
  'destination.ip',
  'destination.port',
  'connection.sni',
] as const;

export type PlainKey = (typeof PLAIN_KEYS)[number];

/** All spellings that a condition may begin with, for the hint at an unknown one. */
export const CONDITION_KEYS: readonly string[] = [
  ...PLAIN_KEYS,
  'request.headers[name]',
  'request.auth.claims[name]',
  'experimental.envoy.filters.name[key]',
];

export function parseConditionKey(text: string): ConditionKey | undefined {
  const plain = PLAIN_KEYS.find((key) => key === text);
  if (plain !== undefined) {
    return { kind: plain };
  }
  const open = text.indexOf('[');
  if (open < 0 || !text.endsWith(']') || open >= text.length - 2) {
    return undefined;
  }
  const head = text.slice(0, open);
  const inside = text.slice(open + 1, -1);
  if (head === 'request.headers') {
    return HEADER_NAME.test(inside) ? { kind: head, name: inside.toLowerCase() } : undefined;
  }
  if (head === 'request.auth.claims') {
    const path = claimPath(text.slice(open));
    return path.includes('') ? undefined : { kind: head, path };
  }
  return /^experimental\.envoy\.filters\../.test(head)
    ? { kind: 'experimental', filter: head.slice('experimental.'.length), key: inside }
    : undefined;
}

/** What is wrong with a value of this key. */
export function conditionValueProblem(key: ConditionKey, value: string): FieldProblem | undefined {
  switch (key.kind) {
    case 'source.ip':
    case 'remote.ip':
    case 'destination.ip':
      return ipProblem(value);
    case 'destination.port':
      return portProblem(value);
    case 'source.serviceAccount':
      return serviceAccountProblem(value);
    case 'source.trustDomain':
      return trustDomainProblem(value);
    case 'experimental':
      return /^\[[[\]]*\]$/.test(value)
        ? {
            code: 'ERR_POLICY_EMPTY',
            message: `${quoted(value)} looks for an empty text in a list`,
            hint: 'write a text between the brackets',
          }
        : undefined;
    default:
      return undefined;
  }
}

/** A token of RFC 9110 or a pseudo header. */
const HEADER_NAME = /^:?[A-Za-z0-9!#$%&'*+\-.^_`|~]+$/;

/** `[a][b]` is the path a, b; brackets that do not come in such pairs are part of one name. */
function claimPath(text: string): readonly string[] {
  return /^(?:\[[^[\]]*\])+$/.test(text) ? text.slice(1, -1).split('][') : [text.slice(1, -1)];
}
