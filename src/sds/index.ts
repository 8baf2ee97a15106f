export type { GenericSecret, GenericSecretSource, GenericSecrets } from './generic-secrets.ts';
export { createSecretService, type SecretService, type SecretServiceOptions } from './service.ts';
export { type EntrySource, SECRET_NAMES, type SecretNames, type Validator } from './sources.ts';
