export {
  type BundleContent,
  type JwkSetDocument,
  jwkSetDocument,
  type SpiffeBundleDocument,
  spiffeBundleDocument,
} from './bundle-document.ts';
export { type ServiceAccount, serviceAccountOf, spiffeIdOfServiceAccount } from './service-account.ts';
export { parseSpiffeId, readSpiffeId, type SpiffeId, spiffeIdOf } from './spiffe-id.ts';
export type { JwtAuthority, PublicJwk, TrustBundle } from './trust-bundle.ts';
export { parseTrustDomain, type TrustDomain } from './trust-domain.ts';
