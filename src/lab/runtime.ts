import type { Clock } from '../base/index.ts';
import type { EnvoyVersion } from '../envoy/index.ts';
import type { LineLog } from './line-log.ts';
import type { HostPort, Places, PortName, ServiceName } from './places.ts';

/**
 * Where the lab runs: as child processes (`runtime-process.ts`) or as containers
 * (`runtime-containers.ts`). The lab makes one, asks it for `places`, writes every file from them into
 * `hostConfigFolder`, and then starts the services one by one in the order of the topology.
 *
 * A container runtime provides:
 * - `places` before anything runs: names on the lab's network, fixed ports, and the three folders as a
 *   service sees them (a bind mount of `hostConfigFolder`, a volume for sockets, a volume for state);
 * - `start`, which resolves when the program runs (readiness is asked by the lab, over `reach`) and
 *   rejects when it ended at once; `service.program` says which image and command it takes;
 * - `reach`, from the published ports;
 * - every line of stdout and stderr in `output`, while the service runs;
 * - `close`, which removes all it made, whatever state it is in, and may be called twice; with
 *   `keepLogs`, everything that is printed stays readable in `logFolder`.
 */
export interface Runtime {
  readonly kind: 'process' | 'docker';
  readonly places: Places;
  /** On the machine of the lab itself; services see it as `places.folders.config`. */
  readonly hostConfigFolder: string;
  /** For people: where logs are kept. */
  readonly logFolder: string;
  /** The numeric owner that Sallyport gives to the sockets of Envoys; undefined keeps its own. */
  readonly socketOwner: string | undefined;
  start(service: Service): Promise<RunningService>;
  /** How the lab's own process reaches a port of a service that was started. */
  reach(service: ServiceName, port: PortName): HostPort;
  close(options: { readonly keepLogs: boolean }): Promise<void>;
}

export interface Service {
  readonly name: ServiceName;
  readonly program: Program;
}

/** Files are named relative to the config folder, ports are those of `places.bind`. */
export type Program =
  /** `sallyport serve --config <file>`. */
  | { readonly kind: 'sallyport'; readonly configFile: string }
  /** Envoy with the `envoyArguments` of this file. */
  | { readonly kind: 'envoy'; readonly configFile: string }
  /** A script of `src/lab/programs` (`dist/lab/programs` once built), run by Node with these arguments. */
  | { readonly kind: 'node'; readonly script: 'echo' | 'issuer'; readonly args: readonly string[] };

export interface RunningService {
  readonly name: ServiceName;
  readonly output: { readonly stdout: LineLog; readonly stderr: LineLog };
  /** True once the program has ended, whoever ended it. */
  hasEnded(): boolean;
  /** SIGTERM, and SIGKILL when that does not help in time; resolves when it has ended. */
  stop(): Promise<void>;
}

/** What `runtime-containers.ts` exports as `containerRuntimes`. */
export interface ContainerRuntimes {
  /** Why containers cannot be had (no engine answers, an image is neither there nor to be pulled); undefined when they can. */
  problem(options: ContainerOptions): Promise<string | undefined>;
  create(options: ContainerOptions): Promise<Runtime>;
}

export interface ContainerOptions {
  readonly clock: Clock;
  readonly envoyVersion: EnvoyVersion;
  /** Published ports that were chosen, by `<service>.<port>`; the others are whatever is free. */
  readonly ports: ReadonlyMap<string, number>;
  /** Lines for people: an image is built or pulled. */
  readonly progress: (line: string) => void;
}
