import { z } from 'zod';
import { isDnsSubdomain } from '../manifest/index.ts';
import { labelMap } from './label-map.ts';

/** `networking.istio.io` WorkloadEntry as a whole object; its head was checked by `manifest`. */
export const workloadEntrySchema = z.strictObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.unknown(),
  spec: z.strictObject({
    address: z.string().max(1024).optional(),
    labels: labelMap.optional(),
    serviceAccount: z
      .string()
      .refine((text) => text === '' || isDnsSubdomain(text), {
        message: 'not the name of a service account',
        params: { hint: 'write its name alone, without the namespace, which is that of the entry' },
      })
      .optional(),
    // For Istio's routing; who a workload is does not hang on them.
    ports: z.record(z.string(), z.int().min(1).max(65_535)).optional(),
    network: z.string().optional(),
    locality: z.string().optional(),
    weight: z.int().min(0).optional(),
  }),
  status: z.unknown().optional(),
});

export type WorkloadEntry = z.infer<typeof workloadEntrySchema>;
