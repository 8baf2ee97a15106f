import { randomUUID } from 'node:crypto';
import { type Clock, errorText, SallyportError, sleep } from '../base/index.ts';
import type { EnvoyVersion } from '../envoy/index.ts';
import { callHttp, type HttpReply } from './http-call.ts';
import { labFiles, writeLabFiles } from './lab-files.ts';
import type { Door, TokenWish } from './lab-row.ts';
import type { ServiceName } from './places.ts';
import type { RunningService, Runtime, Service } from './runtime.ts';
import { labStages, readinessOf, SALLYPORT } from './topology.ts';

const READY_MILLIS = 30_000;
const POLL_MILLIS = 50;

/** A lab that runs: everything that rows are done with. */
export interface Lab {
  readonly runtime: Runtime;
  readonly envoyVersion: EnvoyVersion;
  readonly clock: Clock;
  /** Aborted when the lab is to end: what takes long then gives up. */
  readonly signal: AbortSignal;
  service(name: ServiceName): RunningService;
  /** A request with an id of its own, which Sallyport and Envoy log. */
  call(door: Door, request: LabCall): Promise<LabReply>;
  /** A token of the lab's issuer. */
  token(wish: TokenWish): Promise<string>;
  stopSallyport(): Promise<void>;
  startSallyport(): Promise<void>;
}

export interface LabCall {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface LabReply {
  readonly requestId: string;
  /** Undefined when the connection ended without an answer. */
  readonly reply: HttpReply | undefined;
}

export interface LabStart {
  readonly runtime: Runtime;
  readonly envoyVersion: EnvoyVersion;
  readonly clock: Clock;
  readonly progress: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Writes the files, starts everything, and resolves when all of it is ready. */
export async function startLab(start: LabStart): Promise<Lab> {
  const { runtime, envoyVersion, clock, progress, signal } = start;
  const { places, hostConfigFolder, socketOwner } = runtime;
  await writeLabFiles(hostConfigFolder, places, await labFiles(places, { envoyVersion, socketOwner }));
  const services = new Map<ServiceName, RunningService>();
  const startService = async (service: Service): Promise<void> => {
    const running = await runtime.start(service);
    services.set(service.name, running);
    try {
      await untilReady(start, running);
    } catch (error) {
      progress(lastLines(running));
      throw error;
    }
  };
  for (const stage of labStages(places)) {
    signal.throwIfAborted();
    progress(`starting ${stage.map(({ name }) => name).join(', ')} …`);
    await Promise.all(stage.map(startService));
  }
  const service = (name: ServiceName): RunningService => {
    const running = services.get(name);
    if (running === undefined) {
      throw new SallyportError('ERR_LAB_SERVICE', `${name} was never started`);
    }
    return running;
  };
  return {
    runtime,
    envoyVersion,
    clock,
    signal,
    service,
    call: (door, request) => callDoor(runtime, door, request),
    token: (wish) => fetchToken(runtime, wish),
    stopSallyport: () => service('sallyport').stop(),
    startSallyport: () => startService(SALLYPORT),
  };
}

/** Asks a service until it answers 200; a service that ends first will never do so. */
async function untilReady({ runtime, clock, signal }: LabStart, running: RunningService): Promise<void> {
  const { name } = running;
  const { port, path } = readinessOf(name);
  const end = clock.monotonicMillis() + READY_MILLIS;
  let seen = 'nothing';
  while (clock.monotonicMillis() < end) {
    signal.throwIfAborted();
    if (running.hasEnded()) {
      throw new SallyportError('ERR_LAB_SERVICE', `${name} ended while it was starting`);
    }
    try {
      const { status } = await callHttp(runtime.reach(name, port), { path });
      if (status === 200) {
        return;
      }
      seen = `status ${status}`;
    } catch (error) {
      seen = errorText(error);
    }
    await sleep(clock, POLL_MILLIS);
  }
  throw new SallyportError(
    'ERR_LAB_SERVICE',
    `${name} was not ready within ${READY_MILLIS / 1000} s, last seen: ${seen}`,
  );
}

const LINES_SHOWN = 8;

/** What a service printed last, for people who look for a cause. */
export function lastLines({ name, output }: RunningService): string {
  const lines = [...output.stdout.lines().slice(-LINES_SHOWN), ...output.stderr.lines().slice(-LINES_SHOWN)];
  return [`last lines of ${name}:`, ...lines.map((line) => `  ${line}`)].join('\n');
}

async function callDoor(runtime: Runtime, door: Door, request: LabCall): Promise<LabReply> {
  const requestId = randomUUID();
  const headers = { ...request.headers, 'x-request-id': requestId };
  try {
    return {
      requestId,
      reply: await callHttp(runtime.reach(door.service, door.port), { ...request, headers }),
    };
  } catch {
    return { requestId, reply: undefined };
  }
}

async function fetchToken(runtime: Runtime, wish: TokenWish): Promise<string> {
  const query = new URLSearchParams();
  const members = {
    roles: wish.roles?.join(','),
    iss: wish.issuer,
    aud: wish.audience,
    lifetimeSeconds: wish.lifetimeSeconds,
    key: wish.key,
  };
  for (const [name, value] of Object.entries(members)) {
    if (value !== undefined) {
      query.set(name, String(value));
    }
  }
  const { status, body } = await callHttp(runtime.reach('issuer', 'http'), { path: `/token?${query}` });
  if (status !== 200) {
    throw new SallyportError('ERR_LAB_SERVICE', `the issuer of the lab answered ${status}`);
  }
  return body;
}
