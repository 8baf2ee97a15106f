export { type AdminSocket, startAdminSocket } from './admin-socket.ts';
export { authorityOperations } from './authority-operations.ts';
export { bundleOperations } from './bundle-operations.ts';
export { callAdmin } from './call-admin.ts';
export { certificateOperations } from './certificate-operations.ts';
export { type EntryControl, entryOperations } from './entry-operations.ts';
export { mintOperations } from './mint-operations.ts';
export { type Operation, operation } from './operation.ts';
export { stateOperations } from './state-operations.ts';
