export { type AdminServer, type AdminServerOptions, startAdminServer } from './admin-server.ts';
export type { KeySetReport, Readiness, ReloadReport } from './readiness.ts';
