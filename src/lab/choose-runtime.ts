import { type Clock, SallyportError } from '../base/index.ts';
import { DEFAULT_ENVOY_VERSION, type EnvoyVersion } from '../envoy/index.ts';
import { type EnvoySearch, findEnvoy, wantedVersion } from './envoy-binary.ts';
import type { ContainerRuntimes, Runtime } from './runtime.ts';
import { containerRuntimes } from './runtime-containers.ts';
import { createProcessRuntime } from './runtime-process.ts';

export type RuntimeKind = Runtime['kind'];

export interface RuntimeChoice extends EnvoySearch {
  /** Undefined: containers when they can be had, otherwise processes. */
  readonly kind: RuntimeKind | undefined;
  readonly clock: Clock;
  /** By `<service>.<port>`. */
  readonly ports: ReadonlyMap<string, number>;
  /** Others than our own, for tests. */
  readonly containers?: ContainerRuntimes;
}

export interface ChosenRuntime {
  readonly runtime: Runtime;
  readonly envoyVersion: EnvoyVersion;
  /** For people: what was chosen and why. */
  readonly description: string;
}

/** Throws `ERR_LAB_PLATFORM`, `ERR_LAB_ENVOY_MISSING`, `ERR_LAB_PORT`. */
export async function chooseRuntime(choice: RuntimeChoice): Promise<ChosenRuntime> {
  if (choice.platform !== 'linux' && choice.platform !== 'darwin') {
    throw new SallyportError('ERR_LAB_PLATFORM', 'the lab runs on Linux and macOS only');
  }
  if (choice.kind === 'process') {
    return processes(choice, 'as asked for');
  }
  const { clock, ports, progress } = choice;
  const envoyVersion = wantedVersion(choice.env) ?? DEFAULT_ENVOY_VERSION;
  const options = { clock, ports, progress, envoyVersion };
  const containers = choice.containers ?? containerRuntimes;
  const problem = await containers.problem(options);
  if (problem === undefined) {
    const runtime = await containers.create(options);
    return { runtime, envoyVersion, description: `containers, Envoy ${envoyVersion}` };
  }
  if (choice.kind === 'docker') {
    throw new SallyportError('ERR_LAB_PLATFORM', `containers cannot be had: ${problem}`, {
      hint: 'start a Docker engine, or use `--runtime process`',
    });
  }
  return processes(choice, problem);
}

async function processes(choice: RuntimeChoice, why: string): Promise<ChosenRuntime> {
  const envoy = await findEnvoy(choice);
  const runtime = await createProcessRuntime({
    clock: choice.clock,
    envoyPath: envoy.path,
    ports: choice.ports,
  });
  return {
    runtime,
    envoyVersion: envoy.version,
    description: `processes (${why}), Envoy ${envoy.release} from ${envoy.path}`,
  };
}
