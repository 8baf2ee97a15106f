import { z } from 'zod';

export const workloadsOption = z
  .array(z.string().min(1).max(4096))
  .max(100)
  .prefault([])
  .describe(
    'folders that say which workloads there are: WorkloadEntry objects (which address is which workload, with its labels and service account), and for gateways and waypoints Service, ServiceEntry, Gateway and Namespace objects; a request for an unknown workload is denied',
  );

export const entriesOption = z
  .array(z.string().min(1).max(4096))
  .max(100)
  .prefault([])
  .describe(
    'folders with ClusterStaticEntry objects: which caller gets which SPIFFE ID; without an entry nobody gets a certificate',
  );
