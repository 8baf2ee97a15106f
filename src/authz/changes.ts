import type { RequestMutations, TokenRule } from '../jwt/index.ts';
import { queryNames } from './query.ts';

/** What an allowed request loses and gains on its way to the workload. Header names are lower case. */
export interface Changes {
  /** By name; several lines where several tokens gave one each. */
  readonly setHeaders: ReadonlyMap<string, readonly string[]>;
  /** Without those that are set. */
  readonly removeHeaders: ReadonlySet<string>;
  /** Only those that are there: taking out others would still rewrite the query. */
  readonly removeQueryParameters: readonly string[];
}

export const NO_CHANGES: Changes = {
  setHeaders: new Map(),
  removeHeaders: new Set(),
  removeQueryParameters: [],
};

/**
 * What the token rules of a workload change. The headers that any of them may write are always taken out, seen
 * or not: Envoy may keep headers from us that it sends on.
 */
export function changesBy(rules: readonly TokenRule[], mutations: RequestMutations, target: string): Changes {
  if (rules.length === 0) {
    return NO_CHANGES;
  }
  const setHeaders = new Map<string, readonly string[]>();
  for (const { name, value } of mutations.setHeaders) {
    setHeaders.set(name, [...(setHeaders.get(name) ?? []), value]);
  }
  const removed = [...outputHeaders(rules), ...mutations.removeHeaders];
  const present = mutations.removeQueryParameters.length === 0 ? NONE : queryNames(target);
  return {
    setHeaders,
    removeHeaders: new Set(removed.filter((name) => !setHeaders.has(name))),
    removeQueryParameters: mutations.removeQueryParameters.filter((name) => present.has(name)),
  };
}

const NONE: ReadonlySet<string> = new Set();

const outputsOfRules = new WeakMap<readonly TokenRule[], readonly string[]>();

/** Every header that some rule writes, lower case. */
function outputHeaders(rules: readonly TokenRule[]): readonly string[] {
  const known = outputsOfRules.get(rules);
  if (known !== undefined) {
    return known;
  }
  const names = rules.flatMap((rule) => [
    ...rule.outputClaimToHeaders.map(({ header }) => header),
    ...(rule.outputPayloadToHeader === undefined ? [] : [rule.outputPayloadToHeader]),
  ]);
  const outputs = [...new Set(names.map((name) => name.toLowerCase()).filter(isHeaderName))];
  outputsOfRules.set(rules, outputs);
  return outputs;
}

/** Whether the headers to set can be sent: names that are tokens and not Envoy's own, values without line ends. */
export function isSendable(changes: Changes): boolean {
  return [...changes.setHeaders].every(
    ([name, values]) =>
      isHeaderName(name) && name !== 'host' && values.every((value) => !/[\0\r\n]/.test(value)),
  );
}

/** What is no token cannot be the name of a header, so there is nothing to take out. */
function isHeaderName(name: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name);
}
