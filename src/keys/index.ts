export { checkKeySource } from './check-key-source.ts';
export type { KeysEvent, KeysEventSink } from './events.ts';
export {
  createKeyFetch,
  type KeyFetchOptions,
  type ResolvedAddress,
  type ResolveName,
} from './http-key-fetch.ts';
export type { FetchedDocument, KeyFetch, KeyFetchRequest } from './key-fetch.ts';
export type { KeySetStatus } from './key-set-holder.ts';
export { createKeySetStore, type KeySetStore, type StoredKeySet } from './key-set-store.ts';
export { createKeySets, type KeySetReport, type KeySets, type KeySetsOptions } from './key-sets.ts';
export { type KeysOptions, keysOptions } from './options.ts';
