import type { CheckHttp } from '../proto/index.ts';
import { afterEachOther, type Changes, isHeaderName, NO_CHANGES } from './changes.ts';
import type { ProviderMutations } from './provider.ts';
import { spellingsOf } from './query.ts';
import { headersAfter, targetSent } from './request-headers.ts';

/**
 * What a provider's allowance makes of a request that `before` has changed already: headers are set in their
 * order, then removed; parameters too, in whatever spelling. Pseudo headers and `host` cannot be removed.
 */
export function changesByProvider(http: CheckHttp, before: Changes, mutations: ProviderMutations): Changes {
  const target = targetSent(http, before);
  const kept = mutations.setQueryParameters.filter(
    ({ name }) => !mutations.removeQueryParameters.includes(name),
  );
  const names = kept.map(({ name }) => name);
  const removed = mutations.removeHeaders
    .map((name) => name.toLowerCase())
    .filter((name) => isHeaderName(name) && name !== 'host');
  const set = [...headersSet(http, before, mutations.headers)].filter(([name]) => !removed.includes(name));
  return afterEachOther(before, {
    ...NO_CHANGES,
    setHeaders: new Map(set),
    removeHeaders: new Set(removed),
    setQueryParameters: new Map(kept.map(({ name, value }) => [name, value])),
    removeQueryParameters: [
      ...spellingsOf(target, mutations.removeQueryParameters),
      ...spellingsOf(target, names).filter((spelling) => !names.includes(spelling)),
    ],
    responseHeaders: mutations.responseHeaders,
  });
}

function headersSet(
  http: CheckHttp,
  before: Changes,
  mutations: ProviderMutations['headers'],
): ReadonlyMap<string, readonly string[]> {
  const current = headersAfter(http, before);
  const set = new Map<string, readonly string[]>();
  for (const { name, value, action } of mutations) {
    const lines = action === 'append' ? (set.get(name) ?? current.lines(name) ?? []) : [];
    set.set(name, [...lines, value]);
  }
  return set;
}
