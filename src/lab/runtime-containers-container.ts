import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { StartedTestContainer, WaitStrategy } from 'testcontainers';
import { type Clock, errorText, SallyportError } from '../base/index.ts';
import { createLineLog } from './line-log.ts';
import type { ServiceName } from './places.ts';
import type { RunningService } from './runtime.ts';

type TestContainers = typeof import('testcontainers');

/** How a service of the lab is run: nothing may write but where it says so, and nobody beyond this machine comes in. */
export interface ContainerPlan {
  readonly name: ServiceName;
  readonly image: string;
  readonly entrypoint: readonly string[] | undefined;
  readonly command: readonly string[];
  /** `uid:gid`; undefined: as the image says. */
  readonly user: string | undefined;
  readonly groups: readonly string[];
  /** `<folder or volume>:<target>[:options]`. */
  readonly binds: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** By container port; 0 is any free one. */
  readonly publishedPorts: ReadonlyMap<number, number>;
}

export interface ContainerSurroundings {
  readonly testcontainers: TestContainers;
  /** Its name. */
  readonly network: string;
  readonly logFolder: string;
  readonly clock: Clock;
}

export interface LabContainer {
  readonly running: RunningService;
  /** Port on this machine. */
  mappedPort(containerPort: number): number;
}

const STOP_SECONDS = 8;

/** Resolves when the program runs; readiness is the lab's to ask. */
export async function startContainer(
  plan: ContainerPlan,
  surroundings: ContainerSurroundings,
): Promise<LabContainer> {
  const { testcontainers } = surroundings;
  const container = confined(plan, testcontainers)
    .withNetworkMode(surroundings.network)
    .withLabels({ ...plan.labels })
    .withCommand([...plan.command])
    .withWaitStrategy(waitForNothing());
  if (plan.entrypoint !== undefined) {
    container.withEntrypoint([...plan.entrypoint]);
  }
  if (plan.user !== undefined) {
    container.withUser(plan.user);
  }
  try {
    const started = await container.start();
    const running = await watch(started, plan.name, surroundings);
    return { running, mappedPort: (port) => started.getMappedPort(port) };
  } catch (cause) {
    throw new SallyportError('ERR_LAB_SERVICE', `${plan.name} did not start: ${errorText(cause)}`, {
      cause,
    });
  }
}

/** What `GenericContainer` has no methods for. */
function confined(plan: ContainerPlan, { GenericContainer }: TestContainers) {
  return new (class extends GenericContainer {
    protected override async beforeContainerCreated(): Promise<void> {
      const ports = [...plan.publishedPorts].map(([inside, outside]) => [`${inside}/tcp`, outside] as const);
      this.createOpts.ExposedPorts = Object.fromEntries(ports.map(([port]) => [port, {}]));
      this.hostConfig.PortBindings = Object.fromEntries(
        ports.map(([port, outside]) => [port, [{ HostIp: '127.0.0.1', HostPort: String(outside) }]]),
      );
      this.exposedPorts = [...plan.publishedPorts.keys()];
      this.hostConfig.Binds = [...plan.binds];
      this.hostConfig.GroupAdd = [...plan.groups];
      this.hostConfig.ReadonlyRootfs = true;
      this.hostConfig.CapDrop = ['ALL'];
      this.hostConfig.SecurityOpt = ['no-new-privileges'];
      const network = this.networkMode ?? '';
      this.createOpts.NetworkingConfig = { EndpointsConfig: { [network]: { Aliases: [plan.name] } } };
    }
  })(plan.image);
}

function waitForNothing(): WaitStrategy {
  const strategy: WaitStrategy = {
    waitUntilReady: async () => {},
    withStartupTimeout: () => strategy,
    isStartupTimeoutSet: () => false,
    getStartupTimeout: () => 0,
  };
  return strategy;
}

async function watch(
  started: StartedTestContainer,
  name: ServiceName,
  { testcontainers, logFolder, clock }: ContainerSurroundings,
): Promise<RunningService> {
  const { container: containers } = await testcontainers.getContainerRuntimeClient();
  const container = containers.getById(started.getId());
  const output = { stdout: createLineLog(clock), stderr: createLineLog(clock) };
  const pipes = { stdout: new PassThrough(), stderr: new PassThrough() };
  for (const stream of ['stdout', 'stderr'] as const) {
    pipes[stream].pipe(createWriteStream(join(logFolder, `${name}.${stream}.log`), { flags: 'a' }));
    pipes[stream].setEncoding('utf8').on('data', (chunk: string) => output[stream].write(chunk));
  }
  const logs = await container.logs({ follow: true, stdout: true, stderr: true });
  const drained = new Promise<void>((resolve) => logs.once('end', resolve).once('close', resolve));
  void drained.then(() => {
    pipes.stdout.end();
    pipes.stderr.end();
  });
  container.modem.demuxStream(logs, pipes.stdout, pipes.stderr);
  let isOver = false;
  const over = container.wait().then(
    () => {
      isOver = true;
    },
    // The container was removed before the question arrived.
    () => {
      isOver = true;
    },
  );
  return {
    name,
    output,
    hasEnded: () => isOver,
    async stop() {
      await started.stop({ timeout: STOP_SECONDS, remove: false });
      await Promise.all([over, drained]);
      await container.remove({ v: true, force: true });
    },
  };
}
