import { z } from 'zod';
import { checkText, LIMITS, textIssue } from '../base/index.ts';
import { checkListener, listenerShape } from '../grpc/options.ts';
import { parseSpiffeId } from '../identity/index.ts';

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
        validator: z
          .enum(['spiffe', 'plain'])
          .default('spiffe')
          .describe(
            'how Envoys are told to verify peers: by their SPIFFE validator, which looks at the trust domain too, or by a plain list of CAs; what an Envoy says of itself in its node metadata goes first',
          ),
        crl: z
          .boolean()
          .default(false)
          .describe(
            'sends revocation lists along with the plain list of CAs, so that Envoys refuse revoked certificates at new connections; needs `validator: plain`, because the SPIFFE validator does not look at them',
          ),
      })
      .superRefine((listener, report) => {
        checkListener(listener, report);
        if (listener.crl && listener.validator === 'spiffe') {
          report.addIssue(
            textIssue(
              'ERR_LISTENER_OPTIONS',
              'revocation lists have no effect on the SPIFFE validator',
              'say `validator: plain` and match the names of peers in Envoy, or leave `crl` out',
              ['crl'],
            ),
          );
        }
      }),
  )
  .max(1000)
  .prefault([])
  .describe(
    'where workloads get their certificates and trust (SDS), like SPIRE’s agent socket; one Unix socket per workload keeps workloads apart where the kernel cannot tell who calls',
  );

export type AgentListenerOptions = z.infer<typeof agentListenersOptions>[number];

export const secretsOption = z
  .array(
    z.strictObject({
      name: z
        .string()
        .min(1)
        .max(256)
        .refine((text) => !/^(?:default|ROOTCA|ALL|\*|spiffe:.*)$/.test(text), {
          message: 'this name stands for a certificate or for trust',
          params: { hint: 'choose another name' },
        })
        .describe('what Envoys ask for'),
      file: z
        .string()
        .min(1)
        .max(4096)
        .describe('holds the secret and nothing else, readable by its owner only; watched'),
      spiffeIds: z
        .array(z.string().transform(checkText((text: string) => parseSpiffeId(text).uri)))
        .min(1)
        .max(1000)
        .describe('callers who have one of these identities by an entry may have it'),
    }),
  )
  .max(LIMITS.secretFiles)
  .prefault([])
  .superRefine((secrets, report) => {
    const seen = new Set<string>();
    for (const [index, { name }] of secrets.entries()) {
      if (seen.has(name)) {
        report.addIssue(
          textIssue(
            'ERR_SDS_SECRET',
            `another secret has the name \`${name}\` already`,
            'rename one of them',
            [index, 'name'],
          ),
        );
      }
      seen.add(name);
    }
  })
  .describe(
    'secrets in files that are no certificates, such as keys of Envoy filters, sent over SDS by name',
  );
