import type { RegistrationEntry } from '../workload/index.ts';
import { svidKeyOf } from './svid-key.ts';
import { type SvidLease, svidRequestOf } from './svid-pool.ts';

/**
 * Makes `leases`, by the key of what is issued, those of the entries that are wanted now: takes what is missing and
 * releases the rest.
 */
export function holdLeases(
  leases: Map<string, SvidLease>,
  wanted: Iterable<RegistrationEntry>,
  take: (entry: RegistrationEntry) => SvidLease,
): void {
  const byKey = new Map([...wanted].map((entry) => [svidKeyOf(svidRequestOf(entry)), entry]));
  for (const [key, entry] of byKey) {
    if (!leases.has(key)) {
      leases.set(key, take(entry));
    }
  }
  for (const [key, lease] of leases) {
    if (!byKey.has(key)) {
      leases.delete(key);
      lease.release();
    }
  }
}
