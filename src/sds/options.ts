import { z } from 'zod';
import { checkListener, listenerShape } from '../grpc/options.ts';

export const agentListenersOptions = z
  .array(
    z
      .strictObject({
        name: z
          .string()
          .refine((text) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(text), {
            message: 'not a name for a listener',
            params: { hint: 'use lower-case letters, digits and dashes' },
          })
          .describe(
            'callers of this listener carry the selector `sallyport:socket:<name>` when it is a Unix socket',
          ),
        ...listenerShape,
      })
      .superRefine(checkListener),
  )
  .max(1000)
  .prefault([])
  .describe(
    'where workloads get their certificates and trust (SDS), like SPIRE’s agent socket; one Unix socket per workload keeps workloads apart where the kernel cannot tell who calls',
  );

export type AgentListenerOptions = z.infer<typeof agentListenersOptions>[number];
