export type { Issuer, SvidRequest, X509Svid } from './issuer-types.ts';
