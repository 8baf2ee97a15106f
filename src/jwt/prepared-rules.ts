import { createHash } from 'node:crypto';
import { comparableAudience } from './audience.ts';
import type { ClaimHeader, TokenHeader, TokenRule } from './token-rule.ts';

/** A rule with everything worked out that does not depend on the request. */
export interface PreparedRule {
  readonly rule: TokenRule;
  /** Equal exactly when the rules are; part of what a cached verdict is bound to. */
  readonly fingerprint: string;
  /** In the order in which Envoy reads them: each kind sorted by name. */
  readonly headers: readonly TokenHeader[];
  readonly params: readonly string[];
  readonly cookies: readonly string[];
  /** Comparable forms; empty means any. */
  readonly audiences: ReadonlySet<string>;
  /** Undefined means any that Sallyport knows. */
  readonly algorithms: ReadonlySet<string> | undefined;
  readonly claimHeaders: readonly ClaimHeader[];
  /** Names of all headers the rule writes. */
  readonly outputs: readonly string[];
  readonly splitClaims: readonly string[];
}

export interface PreparedRules {
  readonly rules: readonly PreparedRule[];
  /** Names of all headers that any rule writes. */
  readonly outputs: readonly string[];
}

const DEFAULT_HEADERS: readonly TokenHeader[] = [{ name: 'authorization', prefix: 'Bearer ' }];
const DEFAULT_PARAMS: readonly string[] = ['access_token'];
export const ALWAYS_SPLIT = ['scope', 'permission'];

const prepared = new WeakMap<readonly TokenRule[], PreparedRules>();

/** Made once for each list of rules; a list must not change after its first use. */
export function prepareRules(rules: readonly TokenRule[]): PreparedRules {
  const known = prepared.get(rules);
  if (known !== undefined) {
    return known;
  }
  const list = rules.map(prepareRule);
  const made = { rules: list, outputs: [...new Set(list.flatMap((rule) => rule.outputs))] };
  prepared.set(rules, made);
  return made;
}

function prepareRule(rule: TokenRule): PreparedRule {
  const usesDefaults =
    rule.fromHeaders.length === 0 && rule.fromParams.length === 0 && rule.fromCookies.length === 0;
  const outputs = rule.outputClaimToHeaders.map((output) => output.header.toLowerCase());
  if (rule.outputPayloadToHeader !== undefined) {
    outputs.push(rule.outputPayloadToHeader.toLowerCase());
  }
  return {
    rule,
    fingerprint: createHash('sha256').update(JSON.stringify(rule)).digest('base64url'),
    headers: sortedHeaders(usesDefaults ? DEFAULT_HEADERS : rule.fromHeaders),
    params: sorted(usesDefaults ? DEFAULT_PARAMS : rule.fromParams),
    cookies: sorted(rule.fromCookies),
    audiences: new Set(rule.audiences.map(comparableAudience)),
    algorithms: rule.algorithms === undefined ? undefined : new Set(rule.algorithms),
    claimHeaders: rule.outputClaimToHeaders.map(({ header, claim }) => ({
      header: header.toLowerCase(),
      claim,
    })),
    outputs: [...new Set(outputs)],
    splitClaims: [...new Set([...ALWAYS_SPLIT, ...rule.spaceDelimitedClaims])],
  };
}

function sortedHeaders(headers: readonly TokenHeader[]): readonly TokenHeader[] {
  const byKey = new Map(
    headers.map(({ name, prefix }) => [
      `${name.toLowerCase()}${prefix}`,
      { name: name.toLowerCase(), prefix },
    ]),
  );
  return sorted([...byKey.keys()]).flatMap((key) => byKey.get(key) ?? []);
}

function sorted(names: readonly string[]): readonly string[] {
  return [...new Set(names)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}
