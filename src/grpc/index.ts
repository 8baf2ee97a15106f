export type { Caller, CallerProcess } from './caller.ts';
