export { backupState, takeBackupMark } from './backup-state.ts';
export { readPrivateFile } from './private-file.ts';
export { readSmallFile } from './read-small-file.ts';
export { KEYS_FOLDER, openState, type State } from './state.ts';
export { inTransaction, inTransactionOffLoop, migrate, type StateDatabase } from './state-database.ts';
export { writeFileWhole } from './write-whole.ts';
