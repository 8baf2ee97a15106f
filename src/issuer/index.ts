export { createIssuer, createMinter, type IssuerInput, type Minter, type SallyportIssuer } from './issuer.ts';
export type { IssuerEvent, IssuerEventSink } from './issuer-event.ts';
export type { Issuer, SvidRequest, X509Svid } from './issuer-types.ts';
export type { MintedX509, MintRequest } from './mint.ts';
export { isReservedId, serverIdOf } from './reserved-ids.ts';
