export { type AdminServer, type AdminServerOptions, startAdminServer } from './admin-server.ts';
export type { Readiness, ReloadReport } from './readiness.ts';
