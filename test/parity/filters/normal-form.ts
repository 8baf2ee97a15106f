import { formatIpAddress, parseIpRange } from '../../../src/base/index.ts';

/**
 * A filter in a form in which two of the same meaning are equal: names as Envoy's files write them, alternatives
 * sorted and each once, groups of one without the group, addresses without host bits, and without what changes
 * nothing (a prefix for figures of shadow rules that are not there, a policy that never matches).
 */
export function normalForm(filter: unknown): unknown {
  return ofValue(filter, '');
}

/** Maps whose keys are names that somebody gave. */
const NAMED = new Set(['policies', 'providers']);

/** Lists whose order means something, or in which things may stand twice. */
const ORDERED = new Set([
  'requirements',
  'path',
  'from_headers',
  'from_params',
  'from_cookies',
  'claim_to_headers',
]);

function ofValue(value: unknown, name: string): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => ofValue(item, name === 'from_headers' ? 'header' : ''));
    return ORDERED.has(name) ? items : sortedOnce(items);
  }
  return isObject(value) ? ofObject(value, name) : value;
}

function ofObject(value: Fields, name: string): unknown {
  const keep = NAMED.has(name);
  const entries = Object.entries(value).map(([key, one]): [string, unknown] => {
    const inner = keep ? key : snakeCase(key);
    return [inner, ofValue(one, keep ? '' : inner)];
  });
  const fields = Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  if (name === 'header') {
    return { ...fields, name: String(fields['name']).toLowerCase() };
  }
  return keep ? withoutNever(fields) : SHORTER.reduce((one, shorten) => shorten(one), fields as unknown);
}

type Fields = Readonly<Record<string, unknown>>;

/** Each leaves alone what it does not know. */
const SHORTER: readonly ((value: unknown) => unknown)[] = [
  withoutGroupOfOne,
  withoutSource,
  withLowerCaseNames,
  withoutHostBits,
  withDefaults,
];

const GROUPS = [
  ['and_rules', 'rules'],
  ['or_rules', 'rules'],
  ['and_ids', 'ids'],
  ['or_ids', 'ids'],
  ['or_match', 'value_matchers'],
] as const;

function withoutGroupOfOne(value: unknown): unknown {
  for (const [group, list] of GROUPS) {
    const members = at(value, group, list);
    if (Array.isArray(members) && members.length === 1) {
      return members[0];
    }
  }
  return value;
}

/** Istio writes `metadata`, which is the same as metadata of the dynamic source. */
function withoutSource(value: unknown): unknown {
  const matcher = at(value, 'sourced_metadata', 'metadata_matcher');
  return matcher === undefined ? value : { metadata: matcher };
}

/** Header names have no case, nor has a text that is compared without it. */
function withLowerCaseNames(value: unknown): unknown {
  if (!isObject(value)) {
    return value;
  }
  const isHeader = 'string_match' in value || 'present_match' in value;
  const hasNoCase = value['ignore_case'] === true;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => {
      const isName =
        (isHeader && key === 'name') ||
        key === 'header_name' ||
        key === 'forward_payload_header' ||
        (hasNoCase && (key === 'exact' || key === 'prefix' || key === 'suffix'));
      return [key, isName && typeof one === 'string' ? one.toLowerCase() : one];
    }),
  );
}

function withoutHostBits(value: unknown): unknown {
  if (!isObject(value) || typeof value['address_prefix'] !== 'string') {
    return value;
  }
  const length = value['prefix_len'] ?? 0;
  const range = parseIpRange(`${value['address_prefix']}/${length}`);
  return {
    address_prefix: range === undefined ? value['address_prefix'] : formatIpAddress(range),
    prefix_len: length,
  };
}

/** What JSON of protocol buffers leaves out, and what is of no effect. */
function withDefaults(value: unknown): unknown {
  if (!isObject(value) || !String(value['@type']).endsWith('rbac.v3.RBAC')) {
    return value;
  }
  const { shadow_rules_stat_prefix: prefix, ...rest } = value;
  const filled = Object.entries(rest).map(([key, one]) => [
    key,
    key === 'rules' || key === 'shadow_rules' ? { action: 'ALLOW', policies: {}, ...(one as Fields) } : one,
  ]);
  return {
    ...Object.fromEntries(filled),
    ...('shadow_rules' in rest ? { shadow_rules_stat_prefix: prefix } : {}),
  };
}

const NEVER = JSON.stringify([{ not_rule: { any: true } }]);

/** Istio's way to write a policy that has no rule. */
function withoutNever(policies: Fields): Fields {
  return Object.fromEntries(
    Object.entries(policies).filter(([, policy]) => JSON.stringify(at(policy, 'permissions')) !== NEVER),
  );
}

function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce((one: unknown, key) => (isObject(one) ? one[key] : undefined), value);
}

function sortedOnce(items: readonly unknown[]): readonly unknown[] {
  const texts = new Set(items.map((item) => JSON.stringify(item)));
  return [...texts].sort().map((text) => JSON.parse(text) as unknown);
}

function snakeCase(name: string): string {
  return name.startsWith('@') ? name : name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
