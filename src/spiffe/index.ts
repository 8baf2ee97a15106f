export {
  createWorkloadApiClient,
  type WorkloadApiClient,
  type WorkloadApiClientOptions,
} from './client.ts';
export {
  createWorkloadApi,
  type EntrySource,
  type WorkloadApi,
  type WorkloadApiOptions,
} from './service.ts';
