import { z } from 'zod';

/** Folders, as written or resolved by `config`. */
export const policiesOption = z
  .array(z.string().min(1).max(4096))
  .max(100)
  .prefault([])
  .describe(
    'folders with AuthorizationPolicy and RequestAuthentication; without any policy everything would be allowed, so none or an empty folder is an error unless `allowNoPolicies`',
  );

export const allowNoPoliciesOption = z
  .boolean()
  .default(false)
  .describe('starts and goes on with no policy at all, which allows every request to every known workload');

export const rootNamespaceOption = z
  .string()
  .refine((text) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(text), {
    message: 'not the name of a namespace',
    params: { hint: 'use lower-case letters, digits and dashes' },
  })
  .default('istio-system')
  .describe('policies of this namespace hold for all namespaces, as in Istio');
