import { Command, InvalidArgumentError, Option } from 'commander';
import { type WorkloadPolicies, workloadPoliciesByFiles } from '../../app/index.ts';
import {
  errorText,
  type ListenAddress,
  parseIpAddress,
  parseListenAddress,
  SallyportError,
  systemClock,
} from '../../base/index.ts';
import {
  type Endpoint,
  type JsonObject,
  makeWorkloadBootstrap,
  nativeFilters,
  PATH_NORMALIZATIONS,
  type PathNormalization,
  runtimeLayers,
  toJson,
  toYaml,
} from '../../envoy/index.ts';
import { modeAt } from '../../policy/index.ts';
import { diagnosticLines } from '../print-error.ts';
import { extAuthzCommand } from './envoy-ext-authz.ts';

interface FilterFlags {
  readonly config: string;
  readonly workload: string;
  readonly service?: string;
  readonly tcp: boolean;
  readonly jwksCluster: ReadonlyMap<string, string>;
  readonly output: 'yaml' | 'json';
}

interface BootstrapFlags extends FilterFlags {
  readonly port: number;
  readonly bind: string;
  readonly upstream: ListenAddress;
  readonly http2: boolean;
  readonly pathNormalization: PathNormalization;
  readonly agent?: string;
}

/** `sallyport envoy`: configuration for Envoys that ask, and for those that judge by filters of their own. */
export function envoyCommand(): Command {
  return new Command('envoy')
    .description('write configuration for an Envoy that asks Sallyport, or judges by filters of its own')
    .addCommand(extAuthzCommand())
    .addCommand(
      withFilterFlags(new Command('filters'))
        .description('the filters of a workload: tokens and rules')
        .action(printFilters)
        .exitOverride(),
    )
    .addCommand(
      withFilterFlags(new Command('bootstrap'))
        .description('a whole Envoy for one port of a workload: PeerAuthentication, tokens and rules')
        .requiredOption('--port <port>', 'the port of the workload, where Envoy listens', argument(parsePort))
        .requiredOption('--upstream <address>', 'where the workload itself listens', argument(parseUpstream))
        .option('--bind <ip>', 'where Envoy listens', argument(parseIp), '0.0.0.0')
        .option('--http2', 'the workload speaks HTTP/2 without TLS', false)
        .addOption(
          new Option('--path-normalization <mode>', 'what is done to paths before rules see them')
            .choices(PATH_NORMALIZATIONS)
            .default('BASE'),
        )
        .option('--agent <name>', 'the agent listener for certificates; default: the first')
        .action(printBootstrap)
        .exitOverride(),
    );
}

function parseUpstream(text: string): ListenAddress {
  try {
    return parseListenAddress(text);
  } catch {
    throw new InvalidArgumentError(
      'write IP address and port, such as `127.0.0.1:9000`, or `unix:` and a path',
    );
  }
}

function withFilterFlags(command: Command): Command {
  return command
    .requiredOption('--config <file>', 'the settings file')
    .requiredOption('--workload <namespace/name>', 'the WorkloadEntry that the Envoy stands in front of')
    .option('--service <kind/namespace/name>', 'for a waypoint: the service that is asked for')
    .option('--tcp', 'for connections without HTTP', false)
    .option(
      '--jwks-cluster <url=cluster>',
      'the cluster of the Envoy that reaches a `jwksUri`; may be repeated',
      argument(addCluster),
      new Map(),
    )
    .addOption(new Option('--output <format>').choices(['yaml', 'json']).default('yaml'));
}

async function printFilters(flags: FilterFlags): Promise<void> {
  const found = await read(flags);
  const filters = filtersOf(flags, found);
  print(flags, { [flags.tcp ? 'filters' : 'http_filters']: filters, layered_runtime: runtimeLayers() });
}

async function printBootstrap(flags: BootstrapFlags): Promise<void> {
  const found = await read(flags);
  if (found.workload.kind !== 'sidecar') {
    throw new SallyportError('ERR_ENVOY_WORKLOAD', `\`${flags.workload}\` is a ${found.workload.kind}`, {
      hint: 'PeerAuthentication is for sidecars; for others take `envoy filters` into listeners of your own',
    });
  }
  const { mode } = modeAt(found.policies.peerModes, flags.port);
  print(
    flags,
    makeWorkloadBootstrap({
      workload: flags.workload,
      address: { kind: 'tcp', host: flags.bind, port: flags.port },
      mode,
      transport: flags.tcp ? 'tcp' : 'http',
      filters: filtersOf(flags, found),
      pathNormalization: flags.pathNormalization,
      upstream: { endpoint: flags.upstream, protocol: flags.http2 ? 'http2' : 'http1' },
      secrets: mode === 'DISABLE' ? undefined : agentEndpoint(found, flags.agent),
    }),
  );
}

async function read({ config, workload, service }: FilterFlags): Promise<WorkloadPolicies> {
  const found = await workloadPoliciesByFiles({
    settingsPath: config,
    workload,
    ...(service === undefined ? {} : { service }),
    clock: systemClock,
  });
  for (const line of diagnosticLines(found.diagnostics)) {
    process.stderr.write(`${line}\n`);
  }
  return found;
}

function filtersOf(flags: FilterFlags, { policies, workload }: WorkloadPolicies): readonly JsonObject[] {
  return nativeFilters({
    policies,
    peerIdentity: workload.kind === 'waypoint' ? 'filter-state' : 'certificate',
    transport: flags.tcp ? 'tcp' : 'http',
    jwksClusters: flags.jwksCluster,
  });
}

function print({ output }: FilterFlags, value: JsonObject): void {
  process.stdout.write(output === 'json' ? toJson(value) : toYaml(value));
}

/** Envoy's side of an agent listener: one that wants no certificate, since it is where that one comes from. */
function agentEndpoint({ settings }: WorkloadPolicies, name: string | undefined): Endpoint {
  const agents = settings.listeners.agents;
  const agent = name === undefined ? agents[0] : agents.find((one) => one.name === name);
  if (agent === undefined || agent.address.kind !== 'unix') {
    const wanted =
      name === undefined ? 'no agent listener' : `no agent listener \`${name}\` on a Unix socket`;
    throw new SallyportError('ERR_CLI_ARGUMENT', `the settings have ${wanted}, and mutual TLS needs one`, {
      hint: 'add one to `listeners.agents`, such as `{ name: web, address: "unix:run/web.sock" }`',
    });
  }
  return agent.address;
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^[1-9]\d{0,4}$/.test(text) || port > 65_535) {
    throw new SallyportError('ERR_CLI_ARGUMENT', 'a port is a number from 1 to 65535');
  }
  return port;
}

function parseIp(text: string): string {
  if (parseIpAddress(text) === undefined) {
    throw new SallyportError('ERR_CLI_ARGUMENT', 'not an IP address');
  }
  return text;
}

function addCluster(text: string, known: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const at = text.lastIndexOf('=');
  if (at < 1 || at === text.length - 1) {
    throw new SallyportError('ERR_CLI_ARGUMENT', 'write `https://id.example.org/jwks=cluster`');
  }
  return new Map([...known, [text.slice(0, at), text.slice(at + 1)]]);
}

/** A parser as commander wants one: its error names the option. */
function argument<T, P>(parse: (text: string, before: P) => T): (text: string, before: P) => T {
  return (text, before) => {
    try {
      return parse(text, before);
    } catch (error) {
      throw new InvalidArgumentError(errorText(error));
    }
  };
}
