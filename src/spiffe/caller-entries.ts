import { SallyportError } from '../base/index.ts';
import type { Caller } from '../grpc/index.ts';
import { nearestEntry, type RegistrationEntry } from '../workload/index.ts';
import type { World } from './world.ts';

/**
 * The entries whose identities a caller has now, the default one first; at once when the caller is known.
 * Throws, or rejects, with `ERR_WORKLOAD_API_NO_IDENTITY` and `ERR_WORKLOAD_CALLER_GONE`.
 */
export function entriesOf(
  caller: Caller,
  world: World,
): readonly RegistrationEntry[] | Promise<readonly RegistrationEntry[]> {
  const attestation = world.selectorsOf(caller);
  return attestation instanceof Promise
    ? attestation.then((selectors) => matching(caller, selectors, world))
    : matching(caller, attestation, world);
}

function matching(caller: Caller, selectors: readonly string[], world: World): readonly RegistrationEntry[] {
  const entries = world.entries().matching(selectors);
  if (entries.length === 0) {
    explain(caller, selectors, world);
    throw new SallyportError('ERR_WORKLOAD_API_NO_IDENTITY', 'no entry matches the caller');
  }
  return withDistinctHints(entries);
}

/** What was seen and what was missing, for the log alone: the caller is a stranger. */
function explain(caller: Caller, selectors: readonly string[], world: World): void {
  if (world.told.has(caller)) {
    return;
  }
  world.told.add(caller);
  const nearest = nearestEntry(world.entries(), selectors);
  world.events({
    level: 'warn',
    event: 'spiffe.no_identity',
    message:
      nearest === undefined
        ? 'a caller has no identity, for there is no entry at all'
        : `a caller has no identity; the nearest entry \`${nearest.entry.name}\` also asks for ${nearest.missing.map((selector) => `\`${selector}\``).join(', ')}`,
    fields: { connection: caller.connectionId, listener: caller.listener, selectors },
  });
}

/** A hint stands for one identity of an answer; where two have the same, it is that of the first. */
function withDistinctHints(entries: readonly RegistrationEntry[]): readonly RegistrationEntry[] {
  const seen = new Set<string>();
  return entries.map((entry) => {
    const isTaken = entry.hint !== '' && seen.has(entry.hint);
    seen.add(entry.hint);
    return isTaken ? { ...entry, hint: '' } : entry;
  });
}
