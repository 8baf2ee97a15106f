/** A secret that is no certificate, such as a key for an Envoy filter. Its content is never logged. */
export interface GenericSecret {
  readonly content: Uint8Array;
  /** Callers with one of these identities may have it. */
  readonly spiffeIds: ReadonlySet<string>;
}

/** By name; the same object until one of them changes. */
export type GenericSecrets = ReadonlyMap<string, GenericSecret>;

export interface GenericSecretSource {
  current(): GenericSecrets;
  /** Calls `listener` after `current()` has changed, until the returned function is called. */
  onChange(listener: () => void): () => void;
}

export const NO_SECRETS: GenericSecrets = new Map();
