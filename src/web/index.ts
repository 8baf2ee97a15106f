export { type AdminServerOptions, startAdminServer } from './admin-server.ts';
export type { HttpListener } from './http-listener.ts';
export { type CertificateSource, type PublicServerOptions, startPublicServer } from './public-server.ts';
export type { KeySetReport, Readiness, ReloadReport } from './readiness.ts';
