import { chmod, mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errorText, SallyportError } from '../base/index.ts';
import { envoyArguments } from './envoy-arguments.ts';
import { FIXED_PORTS, SERVICE_PORTS, type ServiceName } from './places.ts';
import type { ContainerOptions, ContainerRuntimes, Program, Runtime, Service } from './runtime.ts';
import { type ContainerPlan, type LabContainer, startContainer } from './runtime-containers-container.ts';
import {
  docker,
  removeAbandonedRuns,
  removeRun,
  removeRunNow,
  runLabels,
} from './runtime-containers-engine.ts';
import { envoyImage, prepareImages, SALLYPORT_IMAGE } from './runtime-containers-images.ts';
import {
  CONTAINER_PLACES,
  CONTAINER_SOCKET_OWNER,
  ENVOY_GROUP,
  ENVOY_USER,
} from './runtime-containers-places.ts';

const { folders: FOLDERS } = CONTAINER_PLACES;

/** The lab as containers of a network of its own, by the library `testcontainers`. */
export const containerRuntimes: ContainerRuntimes = {
  async problem({ envoyVersion, progress }) {
    const library = await loadTestcontainers();
    return library.problem ?? (await prepareImages(envoyVersion, progress));
  },
  async create(options) {
    const { testcontainers, problem } = await loadTestcontainers();
    const obstacle = problem ?? (await prepareImages(options.envoyVersion, options.progress));
    if (testcontainers === undefined || obstacle !== undefined) {
      throw new SallyportError('ERR_LAB_PLATFORM', `containers cannot be had: ${obstacle}`, {
        hint: 'use `--runtime process`',
      });
    }
    return createContainerRuntime(testcontainers, options);
  },
};

async function createContainerRuntime(
  testcontainers: typeof import('testcontainers'),
  { clock, envoyVersion, ports: chosenPorts }: ContainerOptions,
): Promise<Runtime> {
  checkPortNames(chosenPorts);
  await removeAbandonedRuns();
  const folder = await makeRunFolder();
  const run = folder.slice(folder.lastIndexOf('/') + 1);
  const labels = runLabels(run);
  const removeOnExit = (): void => removeRunNow(run);
  process.on('exit', removeOnExit);
  const volumes = { sockets: `${run}-sockets`, state: `${run}-state` };
  for (const name of Object.values(volumes)) {
    await make('volume', name, labels);
  }
  await make('network', run, labels);
  const surroundings = { testcontainers, network: run, logFolder: join(folder, 'logs'), clock };
  const containers = new Map<ServiceName, LabContainer>();
  const binds = {
    config: `${join(folder, 'config')}:${FOLDERS.config}:ro,z`,
    sockets: `${volumes.sockets}:${FOLDERS.sockets}`,
    state: `${volumes.state}:${FOLDERS.state}`,
  };
  const planOf = (service: Service): ContainerPlan => ({
    ...planOfProgram(service.program, binds, envoyImage(envoyVersion)),
    name: service.name,
    labels,
    publishedPorts: new Map(
      SERVICE_PORTS[service.name].map((port) => [
        FIXED_PORTS[port],
        chosenPorts.get(`${service.name}.${port}`) ?? 0,
      ]),
    ),
  });
  return {
    kind: 'docker',
    places: CONTAINER_PLACES,
    hostConfigFolder: join(folder, 'config'),
    logFolder: join(folder, 'logs'),
    socketOwner: CONTAINER_SOCKET_OWNER,
    async start(service) {
      const container = await startContainer(planOf(service), surroundings);
      containers.set(service.name, container);
      return container.running;
    },
    reach(service, port) {
      const container = containers.get(service);
      if (container === undefined) {
        throw new SallyportError('ERR_LAB_SERVICE', `${service} was never started`);
      }
      return { host: '127.0.0.1', port: container.mappedPort(FIXED_PORTS[port]) };
    },
    async close({ keepLogs }) {
      await Promise.allSettled([...containers.values()].map(({ running }) => running.stop()));
      containers.clear();
      await removeRun(run);
      process.off('exit', removeOnExit);
      if (!keepLogs) {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

type ProgramPlan = Pick<ContainerPlan, 'image' | 'entrypoint' | 'command' | 'user' | 'groups' | 'binds'>;

function planOfProgram(
  program: Program,
  binds: Readonly<Record<keyof typeof FOLDERS, string>>,
  envoy: string,
): ProgramPlan {
  switch (program.kind) {
    case 'sallyport':
      return {
        image: SALLYPORT_IMAGE,
        entrypoint: undefined,
        command: ['serve', '--config', `${FOLDERS.config}/${program.configFile}`],
        user: undefined,
        groups: [ENVOY_GROUP],
        binds: [binds.config, binds.sockets, binds.state],
      };
    case 'envoy':
      return {
        image: envoy,
        entrypoint: undefined,
        command: envoyArguments(`${FOLDERS.config}/${program.configFile}`),
        user: ENVOY_USER,
        groups: [],
        // A socket can be connected to where nothing can be written.
        binds: [binds.config, `${binds.sockets}:ro`],
      };
    case 'node':
      return {
        image: SALLYPORT_IMAGE,
        entrypoint: ['node', `/app/dist/lab/programs/${program.script}.js`],
        command: program.args,
        user: undefined,
        groups: [],
        binds: [],
      };
  }
}

type Library =
  | { readonly testcontainers: typeof import('testcontainers'); readonly problem: undefined }
  | { readonly testcontainers: undefined; readonly problem: string };

/** Only a clone of the project has it. */
async function loadTestcontainers(): Promise<Library> {
  // Its own cleaner is an image too, and no lab should fail for want of it: what a lab makes, it removes.
  process.env['TESTCONTAINERS_RYUK_DISABLED'] ??= 'true';
  try {
    return { testcontainers: await import('testcontainers'), problem: undefined };
  } catch (error) {
    return {
      testcontainers: undefined,
      problem: `the package testcontainers is not installed (${errorText(error)})`,
    };
  }
}

function checkPortNames(chosen: ReadonlyMap<string, number>): void {
  const names = Object.entries(SERVICE_PORTS).flatMap(([service, ports]) =>
    ports.map((port) => `${service}.${port}`),
  );
  for (const name of chosen.keys()) {
    if (!names.includes(name)) {
      throw new SallyportError('ERR_LAB_PORT', `the lab has no port \`${name}\``, {
        hint: `its ports are ${names.join(', ')}`,
      });
    }
  }
}

/** Its `config` is what the containers see; they run as other users, so all may read it. */
async function makeRunFolder(): Promise<string> {
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'sallyport-lab-'));
  for (const name of ['config', 'logs']) {
    await mkdir(join(folder, name));
    await chmod(join(folder, name), 0o755);
  }
  return folder;
}

async function make(
  what: 'volume' | 'network',
  name: string,
  labels: Readonly<Record<string, string>>,
): Promise<void> {
  const marks = Object.entries(labels).flatMap(([key, value]) => ['--label', `${key}=${value}`]);
  const { isDone, lastLine } = await docker([what, 'create', ...marks, name]);
  if (!isDone) {
    throw new SallyportError('ERR_LAB_SERVICE', `a ${what} of the lab cannot be made: ${lastLine}`);
  }
}
