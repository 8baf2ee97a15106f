export {
  type AuthorityControl,
  type AuthorityView,
  type RevokeWish,
  renewExpiredRoot,
} from './authority-control.ts';
export { type AuthorityKind, openJournal } from './authority-journal.ts';
export { cacertsPaths, readCacerts } from './cacerts-folder.ts';
export type { CertificateControl } from './certificate-control.ts';
export type { CrlSet, CrlSource } from './crls.ts';
export type { InventoryQuery, IssuedCertificate } from './inventory.ts';
export { createIssuer, type IssuerInput, type SallyportIssuer } from './issuer.ts';
export type { IssuerEvent, IssuerEventSink } from './issuer-event.ts';
export type { Issuer, SvidRequest, X509Svid } from './issuer-types.ts';
export type { JwtIssuer, JwtSvid, JwtSvidRequest, ValidatedJwtSvid } from './jwt-svids.ts';
export type { MintedX509, MintRequest } from './mint.ts';
export { isReservedId, serverIdOf } from './reserved-ids.ts';
export { svidKeyOf } from './svid-key.ts';
export { holdLeases } from './svid-leases.ts';
export { type SvidLease, SvidPool, svidRequestOf } from './svid-pool.ts';
export type { UpstreamAuthority, UpstreamMaterial } from './upstream.ts';
