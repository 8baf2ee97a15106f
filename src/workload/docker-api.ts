import { request } from 'node:http';
import { z } from 'zod';
import { LIMITS, SallyportError } from '../base/index.ts';
import type { ContainerFacts } from './docker-selectors.ts';

/** The engine that runs containers on this machine. */
export interface DockerApi {
  /**
   * Undefined when it knows no such container, or one that does not run. Rejects with `ERR_WORKLOAD_DOCKER` when it
   * does not answer, or not with what it should.
   */
  inspect(containerId: string): Promise<ContainerFacts | undefined>;
}

const TIMEOUT_MILLIS = 2000;
const CALLS_MAX = 16;

const containerSchema = z.object({
  Id: z.string(),
  Image: z.string(),
  State: z.object({ Running: z.boolean(), Pid: z.int().min(0) }),
  Config: z.object({
    Image: z.string(),
    Labels: z.record(z.string(), z.string()).nullish(),
    Env: z.array(z.string()).nullish(),
  }),
});

/** Asks at the Unix socket of Docker, or of Podman, by `GET /containers/<id>/json`. */
export function createDockerApi(socketPath: string): DockerApi {
  let calls = 0;
  return {
    async inspect(containerId) {
      if (calls >= CALLS_MAX) {
        throw dockerError(`over ${CALLS_MAX} questions are waiting`);
      }
      calls += 1;
      try {
        const { status, body } = await get(socketPath, `/containers/${containerId}/json`);
        if (status === 404) {
          return undefined;
        }
        if (status !== 200) {
          throw dockerError(`it answers with status ${status}`);
        }
        return factsOf(containerId, body);
      } finally {
        calls -= 1;
      }
    },
  };
}

function factsOf(containerId: string, body: string): ContainerFacts | undefined {
  let parsed: ReturnType<typeof containerSchema.safeParse>;
  try {
    parsed = containerSchema.safeParse(JSON.parse(body));
  } catch {
    throw dockerError('its answer is no JSON');
  }
  if (!parsed.success) {
    throw dockerError('its answer has another form than it should');
  }
  const { Id, Image, State, Config } = parsed.data;
  if (Id !== containerId) {
    throw dockerError('its answer is about another container');
  }
  return State.Running
    ? {
        pid: State.Pid,
        image: Config.Image,
        imageId: Image,
        labels: Config.Labels ?? {},
        environment: Config.Env ?? [],
      }
    : undefined;
}

function get(socketPath: string, path: string): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error): void => reject(dockerError(cause.message));
    const call = request(
      {
        socketPath,
        path,
        headers: { host: 'docker' },
        agent: false,
        signal: AbortSignal.timeout(TIMEOUT_MILLIS),
      },
      (response) => {
        const parts: Buffer[] = [];
        let bytes = 0;
        response.on('data', (part: Buffer) => {
          bytes += part.length;
          if (bytes > LIMITS.dockerAnswerBytes) {
            call.destroy(new Error('its answer is too large'));
          }
          parts.push(part);
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString('utf8') }),
        );
        response.on('error', fail);
      },
    );
    call.on('error', fail);
    call.end();
  });
}

/** Without a cause: what an engine answers may hold the environment of a container. */
function dockerError(what: string): SallyportError {
  return new SallyportError('ERR_WORKLOAD_DOCKER', `the container engine cannot be asked: ${what}`, {
    hint: 'check `attestation.docker.socket` and its permissions',
  });
}
