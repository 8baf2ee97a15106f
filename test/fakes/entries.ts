import { parseSpiffeId, type TrustDomain } from '../../src/identity/index.ts';
import type { EntrySource } from '../../src/sds/index.ts';
import type { EntrySet, RegistrationEntry } from '../../src/workload/index.ts';

export interface FakeEntries extends EntrySource {
  replace(...entries: readonly RegistrationEntry[]): void;
}

export function entryFor(
  spiffeId: string,
  selectors: readonly string[],
  more: Partial<RegistrationEntry> = {},
): RegistrationEntry {
  return {
    name: spiffeId,
    spiffeId: parseSpiffeId(spiffeId),
    selectors,
    x509TtlSeconds: undefined,
    jwtTtlSeconds: undefined,
    dnsNames: [],
    hint: '',
    ...more,
  };
}

/** A source whose entries a test replaces; slow and obvious where the real one has an index. */
export function fakeEntries(trustDomain: TrustDomain, ...first: readonly RegistrationEntry[]): FakeEntries {
  const listeners = new Set<() => void>();
  let current = entrySet(first);

  function entrySet(entries: readonly RegistrationEntry[]): EntrySet {
    const byName = [...entries].sort((a, b) => (a.name < b.name ? -1 : 1));
    return {
      trustDomain,
      entries: byName,
      matching: (selectors) =>
        byName.filter((entry) => entry.selectors.every((selector) => selectors.includes(selector))),
    };
  }

  return {
    current: () => current,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    replace(...entries) {
      current = entrySet(entries);
      for (const listener of listeners) {
        listener();
      }
    },
  };
}
