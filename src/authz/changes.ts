import type { RequestMutations, TokenRule } from '../jwt/index.ts';
import type { HeaderMutation } from '../proto/index.ts';
import { spellingsOf } from './query.ts';

/** What an allowed request loses and gains on its way to the workload. Header names are lower case. */
export interface Changes {
  /** By name; several lines where several tokens gave one each. */
  readonly setHeaders: ReadonlyMap<string, readonly string[]>;
  /** Without those that are set. */
  readonly removeHeaders: ReadonlySet<string>;
  /** As they are spelled, and only those that are there: taking out others would still rewrite the query. */
  readonly removeQueryParameters: readonly string[];
  readonly setQueryParameters: ReadonlyMap<string, string>;
  /** For the client, on the answer of the workload. */
  readonly responseHeaders: readonly HeaderMutation[];
}

export const NO_CHANGES: Changes = {
  setHeaders: new Map(),
  removeHeaders: new Set(),
  removeQueryParameters: [],
  setQueryParameters: new Map(),
  responseHeaders: [],
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
  return {
    ...NO_CHANGES,
    setHeaders,
    removeHeaders: new Set(removed.filter((name) => !setHeaders.has(name))),
    removeQueryParameters: spellingsOf(target, mutations.removeQueryParameters),
  };
}

/** One after the other; the second knows what the first made of the request. */
export function afterEachOther(first: Changes, second: Changes): Changes {
  if (first === NO_CHANGES || second === NO_CHANGES) {
    return first === NO_CHANGES ? second : first;
  }
  const kept = [...first.setHeaders].filter(([name]) => !second.removeHeaders.has(name));
  const parameters = [...first.setQueryParameters].filter(
    ([name]) => !second.removeQueryParameters.includes(name),
  );
  return {
    setHeaders: new Map([...kept, ...second.setHeaders]),
    removeHeaders: new Set(
      [...first.removeHeaders, ...second.removeHeaders].filter((name) => !second.setHeaders.has(name)),
    ),
    removeQueryParameters: [
      ...new Set([...first.removeQueryParameters, ...second.removeQueryParameters]),
    ].filter((name) => !second.setQueryParameters.has(name)),
    setQueryParameters: new Map([...parameters, ...second.setQueryParameters]),
    responseHeaders: [...first.responseHeaders, ...second.responseHeaders],
  };
}

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
export function isHeaderName(name: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name);
}
