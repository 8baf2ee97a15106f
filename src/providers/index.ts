export { createProviders, type Providers, type ProvidersOptions } from './create-providers.ts';
