export {
  createIntermediate,
  createRoot,
  issueLeaf,
  type NewAuthority,
  type NewAuthorityWish,
  type SigningAuthority,
} from './authority.ts';
export { type CheckedTemplate, checkTemplate } from './check.ts';
export { isDnsName } from './dns-name.ts';
export { createForeignCa, type ForeignCa, type ForeignSvid } from './foreign-ca.ts';
export { issue } from './issue.ts';
export { type CrlWish, issueCrl } from './issue-crl.ts';
export {
  issueJwtSvid,
  type JwtSigningKey,
  type JwtSvidAlgorithm,
  type JwtSvidWish,
  jwtAlgorithmOf,
  jwtSignerOf,
  publicJwkOf,
  publicKeyOfDer,
} from './jwt-svid.ts';
export { type KeyPair, newKeyPair } from './key-pair.ts';
export { CA_KEY_TYPES, type CaKeyType, type CaOptions } from './options.ts';
export {
  isValidAt,
  type Lifetime,
  type RotationStep,
  rotationStep,
  rotationTimes,
  type Slots,
  TTL_RATIO,
} from './rotation.ts';
export { type Sign, signerOf } from './signer.ts';
export {
  type AuthorityWish,
  type CertificateTemplate,
  intermediateTemplate,
  type LeafWish,
  leafTemplate,
  rootTemplate,
  type Validity,
} from './template.ts';
export { type TtlPlan, type TtlPlanProblem, ttlPlanProblems } from './ttl-plan.ts';
