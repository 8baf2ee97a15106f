import { z } from 'zod';
import { authzListenersOptions, profilesOptions } from '../authz/options.ts';
import { caOptions } from '../ca/options.ts';
import { trustDomainAliasesOption, trustDomainOption } from '../identity/options.ts';
import { keysOptions } from '../keys/options.ts';
import { logOptions } from '../observe/options.ts';
import { allowNoPoliciesOption, policiesOption, rootNamespaceOption } from '../policy/options.ts';
import { extensionProvidersOption } from '../providers/options.ts';
import { agentListenersOptions, secretsOption } from '../sds/options.ts';
import { stateDirOption } from '../store/options.ts';
import { adminListenerOptions, publicListenerOptions } from '../web/options.ts';
import { attestationOptions, entriesOption, workloadsOption } from '../workload/options.ts';

/** The whole settings file; each room owns its part. The order is that of `docs/config.md`. */
export const settingsShape = {
  trustDomain: trustDomainOption,
  trustDomainAliases: trustDomainAliasesOption,
  rootNamespace: rootNamespaceOption,
  stateDir: stateDirOption,
  listeners: z
    .strictObject({
      authz: authzListenersOptions,
      agents: agentListenersOptions,
      admin: adminListenerOptions,
      public: publicListenerOptions,
    })
    .prefault({})
    .describe('where Sallyport listens'),
  profiles: profilesOptions,
  policies: policiesOption,
  allowNoPolicies: allowNoPoliciesOption,
  workloads: workloadsOption,
  entries: entriesOption,
  attestation: attestationOptions,
  secrets: secretsOption,
  ca: caOptions,
  keys: keysOptions,
  extensionProviders: extensionProvidersOption,
  log: logOptions,
};

export const settingsSchema = z.strictObject(settingsShape);

/** Checked settings with every default filled in; paths in them are absolute. */
export type Settings = z.infer<typeof settingsSchema>;
