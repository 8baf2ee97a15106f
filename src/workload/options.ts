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

export const attestationOptions = z
  .strictObject({
    docker: z
      .strictObject({
        socket: z
          .string()
          .min(1)
          .max(4096)
          .describe(
            'the Unix socket of Docker or Podman, such as `/var/run/docker.sock`; whoever may write to it is root on this machine, so give Sallyport one that only reads where there is one',
          ),
      })
      .optional()
      .describe(
        'finds the containers of callers by their cgroups and asks the engine for image, labels and environment, for the selectors `docker:label`, `docker:env`, `docker:image` and `docker:image_id`; off unless it stands here',
      ),
  })
  .prefault({})
  .describe('how callers of agent sockets are told apart beside what the kernel says');
