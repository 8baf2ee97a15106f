export { type Attest, type Attestation, type AttestedConnection, createAttestor } from './attest.ts';
export { loadDirectory } from './directory.ts';
export { createDirectory } from './directory-index.ts';
export { createDockerApi, type DockerApi } from './docker-api.ts';
export { createEntrySet, loadEntries } from './entries.ts';
export { type EntryBook, openEntryBook } from './entry-book.ts';
export type { Mesh } from './mesh.ts';
export { type NearestEntry, nearestEntry } from './nearest-entry.ts';
export { type SelectorSource, selectorsOf } from './selectors.ts';
export type {
  Directory,
  DirectoryContent,
  EntrySet,
  ObjectName,
  RegistrationEntry,
  Service,
  ServiceName,
  Workload,
} from './workload.ts';
export { type WorkloadKind, workloadKindOf } from './workload-kind.ts';
