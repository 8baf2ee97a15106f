import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Clock, errorText, SallyportError, sleep } from '../base/index.ts';
import { envoyArguments } from './envoy-arguments.ts';
import { checkFree, freePorts } from './free-ports.ts';
import { createLineLog } from './line-log.ts';
import { type Places, type PortName, SERVICE_PORTS, type ServiceName } from './places.ts';
import type { Program, RunningService, Runtime, Service } from './runtime.ts';

const HOST = '127.0.0.1';
const STOP_MILLIS = 8000;
/** `/tmp/sp-lab-XXXXXX/run/agent-intruder.sock` must stay under 107 bytes. */
const SOCKET_FOLDER_BYTES_MAX = 80;

export interface ProcessRuntimeOptions {
  readonly clock: Clock;
  readonly envoyPath: string;
  /** Chosen ports, by `<service>.<port>`; the others are whatever is free. */
  readonly ports: ReadonlyMap<string, number>;
}

/** The lab as child processes, in a short folder of their own under the system's temporary one. */
export async function createProcessRuntime(options: ProcessRuntimeOptions): Promise<Runtime> {
  const ports = await choosePorts(options.ports);
  const folder = await makeRunFolder();
  const places = placesOf(folder, ports);
  const children = new Map<ChildProcess, RunningService>();
  const killAll = (): void => {
    for (const child of children.keys()) {
      child.kill('SIGKILL');
    }
  };
  // Whatever ends this process, nothing of the lab outlives it.
  process.on('exit', killAll);
  return {
    kind: 'process',
    places,
    hostConfigFolder: places.folders.config,
    logFolder: join(folder, 'logs'),
    socketOwner: undefined,
    reach: places.bind,
    async start(service) {
      const child = await launch(service, options.envoyPath, places.folders.config);
      const running = watch(child, service.name, join(folder, 'logs'), options.clock);
      children.set(child, running);
      child.once('exit', () => children.delete(child));
      return running;
    },
    async close({ keepLogs }) {
      await Promise.all([...children.values()].map((service) => service.stop()));
      process.off('exit', killAll);
      for (const name of keepLogs ? ['run', 'state'] : ['']) {
        await rm(join(folder, name), { recursive: true, force: true });
      }
    },
  };
}

async function makeRunFolder(): Promise<string> {
  const usual = await realpath(tmpdir());
  const base = usual.length + '/sp-lab-XXXXXX/run'.length > SOCKET_FOLDER_BYTES_MAX ? '/tmp' : usual;
  const folder = await mkdtemp(join(base, 'sp-lab-'));
  for (const [name, mode] of [
    ['config', 0o755],
    ['run', 0o755],
    ['state', 0o700],
    ['logs', 0o755],
  ] as const) {
    await mkdir(join(folder, name), { mode });
  }
  return folder;
}

/** Every port of the lab by `<service>.<port>`. */
async function choosePorts(chosen: ReadonlyMap<string, number>): Promise<ReadonlyMap<string, number>> {
  const names = Object.entries(SERVICE_PORTS).flatMap(([service, ports]) =>
    ports.map((port) => `${service}.${port}`),
  );
  for (const [name, port] of chosen) {
    if (!names.includes(name)) {
      throw new SallyportError('ERR_LAB_PORT', `the lab has no port \`${name}\``, {
        hint: `its ports are ${names.join(', ')}`,
      });
    }
    await checkFree(HOST, port);
  }
  const free = await freePorts(HOST, names.length);
  return new Map(names.map((name, index) => [name, chosen.get(name) ?? free[index] ?? 0]));
}

function placesOf(folder: string, ports: ReadonlyMap<string, number>): Places {
  const bind = (service: ServiceName, port: PortName) => ({
    host: HOST,
    port: ports.get(`${service}.${port}`) ?? 0,
  });
  return {
    bind,
    dial: bind,
    folders: { config: join(folder, 'config'), sockets: join(folder, 'run'), state: join(folder, 'state') },
  };
}

function commandOf(program: Program, envoyPath: string, configFolder: string): readonly string[] {
  switch (program.kind) {
    case 'sallyport':
      return [
        process.execPath,
        ownFile('../cli/main'),
        'serve',
        '--config',
        join(configFolder, program.configFile),
      ];
    case 'envoy':
      return [envoyPath, ...envoyArguments(join(configFolder, program.configFile))];
    case 'node':
      return [process.execPath, ownFile(`./programs/${program.script}`), ...program.args];
  }
}

/** A file of ours, which is TypeScript in the project and JavaScript once built. */
function ownFile(path: string): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`${path}.${extension}`, import.meta.url));
}

function launch(service: Service, envoyPath: string, configFolder: string): Promise<ChildProcess> {
  const [command, ...args] = commandOf(service.program, envoyPath, configFolder);
  return new Promise((resolve, reject) => {
    // In a group of its own, or Ctrl-C would reach it before the lab can stop everything in order.
    const child = spawn(command ?? '', args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    child.once('spawn', () => resolve(child));
    child.once('error', (cause) => {
      reject(
        new SallyportError('ERR_LAB_SERVICE', `${service.name} did not start: ${errorText(cause)}`, {
          cause,
        }),
      );
    });
  });
}

function watch(child: ChildProcess, name: ServiceName, logFolder: string, clock: Clock): RunningService {
  const output = { stdout: createLineLog(clock), stderr: createLineLog(clock) };
  for (const stream of ['stdout', 'stderr'] as const) {
    const file = createWriteStream(join(logFolder, `${name}.${stream}.log`), { flags: 'a' });
    child[stream]?.setEncoding('utf8');
    child[stream]?.on('data', (chunk: string) => output[stream].write(chunk));
    child[stream]?.pipe(file);
  }
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  return {
    name,
    output,
    hasEnded,
    async stop() {
      if (!hasEnded()) {
        child.kill('SIGTERM');
        await Promise.race([ended, sleep(clock, STOP_MILLIS)]);
      }
      if (!hasEnded()) {
        child.kill('SIGKILL');
      }
      await ended;
    },
  };
}
