export type { Directory, EntrySet, RegistrationEntry, Workload } from './workload.ts';
