export {
  createWorkloadApi,
  type EntrySource,
  type WorkloadApi,
  type WorkloadApiOptions,
} from './service.ts';
