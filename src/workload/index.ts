export { type Attest, type Attestation, type AttestedConnection, createAttestor } from './attest.ts';
export { createDirectory, loadDirectory, type Mesh } from './directory.ts';
export { createEntrySet, loadEntries } from './entries.ts';
export { type EntryBook, openEntryBook } from './entry-book.ts';
export { type NearestEntry, nearestEntry } from './nearest-entry.ts';
export { type SelectorSource, selectorsOf } from './selectors.ts';
export type { Directory, EntrySet, RegistrationEntry, Workload } from './workload.ts';
export { type WorkloadKind, workloadKindOf } from './workload-kind.ts';
