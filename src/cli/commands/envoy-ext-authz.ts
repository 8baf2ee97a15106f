import { Command, Option } from 'commander';
import { type FoundWorkload, type ServicePolicies, servicePoliciesByFiles } from '../../app/index.ts';
import { formatListenAddress, SallyportError, systemClock } from '../../base/index.ts';
import {
  attachmentParts,
  DEFAULT_ENVOY_VERSION,
  ENVOY_VERSIONS,
  type Endpoint,
  type EnvoyVersion,
  type PeerSource,
  toJson,
  toYaml,
} from '../../envoy/index.ts';
import { serverIdOf } from '../../issuer/index.ts';
import { diagnosticLines } from '../print-error.ts';

interface Flags {
  readonly config: string;
  readonly workload: string;
  readonly listener?: string;
  readonly peer?: PeerSource;
  readonly tcp: boolean;
  readonly envoyVersion: EnvoyVersion;
  readonly output: 'yaml' | 'json';
}

/** Long enough for a key set that was never seen. */
const VERDICT_TIMEOUT_MILLIS = 2000;

/** `sallyport envoy ext-authz`: what an Envoy needs to ask this Sallyport. */
export function extAuthzCommand(): Command {
  return new Command('ext-authz')
    .description('the filter that asks Sallyport about a workload, its cluster, and what routes say to it')
    .requiredOption('--config <file>', 'the settings file')
    .requiredOption('--workload <namespace/name>', 'the WorkloadEntry that the Envoy stands in front of')
    .option('--listener <name>', 'the authz listener that is asked; default: the first')
    .addOption(
      new Option(
        '--peer <where>',
        'where the Envoy finds who calls: `tls` on its connection, `hbone` in filter state; default: by the profile',
      ).choices(['tls', 'hbone']),
    )
    .option('--tcp', 'for connections without HTTP', false)
    .addOption(new Option('--envoy-version <version>').choices(ENVOY_VERSIONS).default(DEFAULT_ENVOY_VERSION))
    .addOption(new Option('--output <format>').choices(['yaml', 'json']).default('yaml'))
    .action(printExtAuthz)
    .exitOverride();
}

async function printExtAuthz(flags: Flags): Promise<void> {
  const { config, workload } = flags;
  const found = await servicePoliciesByFiles({ settingsPath: config, workload, clock: systemClock });
  const { settings } = found;
  const listener = listenerOf(found, flags.listener);
  const profile = settings.profiles.get(listener.profile);
  const parts = attachmentParts({
    transport: flags.tcp ? 'tcp' : 'http',
    peer: flags.peer ?? (profile?.kind === 'waypoint' ? 'hbone' : 'tls'),
    workload,
    authorizer: endpointOf(listener),
    mutualTls:
      listener.allowedSpiffeIds === undefined
        ? undefined
        : {
            server: serverIdOf(settings.trustDomain),
            secrets: secretsOf(found),
          },
    ...needsOfProviders(found, flags.tcp ? 'tcp' : 'http'),
    version: flags.envoyVersion,
  });
  const remarks =
    profile?.trustCallMetadata === false
      ? [
          `profile \`${profile.name}\` does not believe call metadata; set \`profiles.${profile.name}.trustCallMetadata: true\` if only such Envoys reach \`${listener.name}\``,
        ]
      : [];
  process.stderr.write(
    [...diagnosticLines(found.diagnostics), ...remarks].map((line) => `${line}\n`).join(''),
  );
  process.stdout.write(flags.output === 'json' ? toJson(parts) : toYaml(parts));
}

/** What the providers of the workload's CUSTOM policies want: time one after the other, and bodies. */
function needsOfProviders(
  { settings, policiesOfEach }: ServicePolicies,
  transport: 'http' | 'tcp',
): { readonly verdictTimeoutMillis: number; readonly bodyBytesMax?: number } {
  const asked = new Set(
    policiesOfEach.flatMap((policies) => policies.rules(transport).custom.map(({ provider }) => provider)),
  );
  const services = settings.extensionProviders
    .filter(({ name }) => asked.has(name))
    .flatMap(({ envoyExtAuthzGrpc, envoyExtAuthzHttp }) => [
      ...(envoyExtAuthzGrpc === undefined ? [] : [envoyExtAuthzGrpc]),
      ...(envoyExtAuthzHttp === undefined ? [] : [envoyExtAuthzHttp]),
    ]);
  const bodies = services.flatMap(({ includeRequestBodyInCheck: body }) =>
    body === undefined ? [] : [body.maxRequestBytes],
  );
  return {
    verdictTimeoutMillis: services.reduce((sum, { timeout }) => sum + timeout.millis, VERDICT_TIMEOUT_MILLIS),
    ...(bodies.length === 0 ? {} : { bodyBytesMax: Math.max(...bodies) }),
  };
}

type AuthzListener = FoundWorkload['settings']['listeners']['authz'][number];

function listenerOf({ settings }: FoundWorkload, name: string | undefined): AuthzListener {
  const { authz } = settings.listeners;
  const listener = name === undefined ? authz[0] : authz.find((one) => one.name === name);
  if (listener === undefined) {
    throw new SallyportError(
      'ERR_CLI_ARGUMENT',
      name === undefined ? 'the settings have no authz listener' : `there is no authz listener \`${name}\``,
      {
        hint:
          authz.length === 0
            ? 'add one to `listeners.authz`, such as `{ address: 127.0.0.1:9191 }`'
            : `known are ${authz.map((one) => one.name).join(', ')}`,
      },
    );
  }
  return listener;
}

function endpointOf({ name, address }: AuthzListener): Endpoint {
  if (address.kind === 'tcp' && address.port === 0) {
    throw new SallyportError(
      'ERR_CLI_ARGUMENT',
      `\`${name}\` takes a free port at \`${formatListenAddress(address)}\`, which nobody can know before`,
      { hint: 'give the listener a port' },
    );
  }
  return address;
}

function secretsOf({ settings }: FoundWorkload): Endpoint {
  const agent = settings.listeners.agents.find(({ address }) => address.kind === 'unix');
  if (agent === undefined) {
    throw new SallyportError(
      'ERR_CLI_ARGUMENT',
      'the listener wants mutual TLS, and no agent listener on a Unix socket gives certificates for it',
      {
        hint: 'add one to `listeners.agents`, such as `{ name: web, address: "unix:run/web.sock" }`',
      },
    );
  }
  return agent.address;
}
