import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Answer, answerOf } from './answer.ts';
import type { ParityRequest, PolicySetCase } from './case.ts';
import type { Certificates } from './certificates.ts';
import {
  JUDGES,
  type Judge,
  listenAddresses,
  parityBootstrap,
  routeName,
  type ServedSet,
} from './envoy-config.ts';
import { freePorts, startEnvoy } from './envoy-process.ts';
import { createRawClient, type RawClient } from './http-client.ts';
import { loweredFilters } from './lowered.ts';
import { type Ports, policyYaml, realPolicies, realRequest } from './materialize.ts';
import { WORKLOAD } from './mesh.ts';
import type { Oracle } from './oracle.ts';
import { startSetServer } from './sallyports.ts';
import { tryConnection } from './tcp-client.ts';
import { tcpAddress } from './tcp-config.ts';
import { isOddToken } from './token-bends.ts';
import type { Upstream } from './upstream.ts';

/** What lives as long as the whole run. */
export interface Bench {
  readonly folder: string;
  readonly envoyBinary: string;
  readonly oracle: Oracle;
  readonly upstream: Upstream;
  certificates(trustDomain: string): Promise<Certificates>;
}

/** One request of one set, and what each judge made of it. */
export interface PairResult {
  readonly set: PolicySetCase;
  readonly request: ParityRequest;
  /** `tcp` looks at the connection of the request alone. */
  readonly transport: 'http' | 'tcp';
  readonly answers: Readonly<Record<Judge, Answer>>;
  /** What Istio says to the request without the tokens that a row lets Sallyport refuse, if there are others. */
  readonly withoutOddTokens: Answer | undefined;
}

export interface ChunkResult {
  readonly pairs: readonly PairResult[];
  /** Sets that one side or both refused to load. */
  readonly refusals: readonly Refusal[];
  readonly ports: Ports;
}

export interface Refusal {
  readonly set: PolicySetCase;
  readonly istio: string | undefined;
  readonly sallyport: string | undefined;
}

/** Sends every request of every set to all judges. All sets must be of one mesh. */
export async function runChunk(
  name: string,
  sets: readonly PolicySetCase[],
  bench: Bench,
  { withTcp }: { readonly withTcp: boolean },
): Promise<ChunkResult> {
  const mesh = sets[0]?.mesh;
  if (mesh === undefined) {
    throw new Error('a chunk without sets');
  }
  const folder = join(bench.folder, name);
  mkdirSync(folder);
  const [portA = 0, portB = 0] = await freePorts(2);
  const ports: Ports = { PORT_A: portA, PORT_B: portB };
  const certificates = await bench.certificates(mesh.trustDomain);
  const loaded = await Promise.all(
    sets.map(async (set, position) =>
      loadSet({ set, bench, certificates, ports, folder: join(folder, String(position)), withTcp }),
    ),
  );
  const served = loaded.flatMap((one, position) =>
    one.kind === 'served' ? [{ ...one, served: { ...one.served, name: String(position) } }] : [],
  );
  const client = createRawClient();
  try {
    const config = parityBootstrap({
      mesh,
      ports,
      certificates,
      upstreamPort: bench.upstream.port,
      tcpUpstreamPort: bench.upstream.tcpPort,
      sets: served.map((one) => one.served),
    });
    const envoy = await startEnvoy(bench.envoyBinary, folder, config, listenAddresses(ports));
    try {
      const pairs = await askAll(served, { client, certificates, ports });
      return {
        pairs,
        refusals: loaded.flatMap((one) => (one.kind === 'refused' ? [one.refusal] : [])),
        ports,
      };
    } finally {
      client.close();
      await envoy.stop();
    }
  } finally {
    await Promise.all(served.map(({ stop }) => stop()));
    // A long run has thousands of sets, and each has a state folder.
    rmSync(folder, { recursive: true, force: true });
  }
}

type Loaded =
  | {
      readonly kind: 'served';
      readonly set: PolicySetCase;
      readonly served: Omit<ServedSet, 'name'>;
      stop(): Promise<void>;
    }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

async function loadSet(input: {
  readonly set: PolicySetCase;
  readonly bench: Bench;
  readonly certificates: Certificates;
  readonly ports: Ports;
  readonly folder: string;
  readonly withTcp: boolean;
}): Promise<Loaded> {
  const { set, bench, certificates, ports, folder, withTcp } = input;
  const { mesh } = set;
  const real = realPolicies(set.policies, ports);
  const yaml = policyYaml(real);
  const ask = (tcp: boolean) =>
    bench.oracle.ask({
      yaml,
      namespace: WORKLOAD.namespace,
      labels: WORKLOAD.labels,
      trustDomain: mesh.trustDomain,
      aliases: mesh.aliases,
      rootNamespace: mesh.rootNamespace,
      tcp,
    });
  const [answer, tcpAnswer, server] = await Promise.all([
    ask(false),
    ask(true),
    startSetServer({ folder, mesh, stateFolder: certificates.stateFolder, yaml }),
  ]);
  if ('error' in answer || 'error' in tcpAnswer || 'refused' in server) {
    if (!('refused' in server)) {
      await server.stop();
    }
    const refusal = {
      set,
      istio: 'error' in answer ? answer.error : undefined,
      sallyport: 'refused' in server ? server.refused : undefined,
    };
    return { kind: 'refused', refusal };
  }
  return {
    kind: 'served',
    set,
    served: {
      istio: answer.filters.map(({ typedConfig }) => typedConfig),
      lowered: loweredFilters(yaml, mesh, 'http'),
      sallyportSocket: server.socket,
      tcp: withTcp
        ? {
            istio: tcpAnswer.filters.map(({ typedConfig }) => typedConfig),
            lowered: loweredFilters(yaml, mesh, 'tcp'),
            bareSocket: server.bareSocket,
          }
        : undefined,
    },
    stop: () => server.stop(),
  };
}

interface Asking {
  readonly client: RawClient;
  readonly certificates: Certificates;
  readonly ports: Ports;
}

const REQUESTS_AT_ONCE = 6;
/** Of each set; connections cannot be kept, and differ in few things. */
const CONNECTIONS_PER_SET = 4;

interface Job {
  readonly set: PolicySetCase;
  readonly name: string;
  readonly request: ParityRequest;
  readonly transport: 'http' | 'tcp';
}

async function askAll(
  served: readonly { readonly set: PolicySetCase; readonly served: ServedSet }[],
  asking: Asking,
): Promise<readonly PairResult[]> {
  const jobs = served.flatMap(({ set, served: { name, tcp } }): readonly Job[] => [
    ...set.requests.map((request) => ({ set, name, request, transport: 'http' as const })),
    ...(tcp === undefined ? [] : set.requests.slice(0, CONNECTIONS_PER_SET)).map((request) => ({
      set,
      name,
      request,
      transport: 'tcp' as const,
    })),
  ]);
  const results: PairResult[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < jobs.length; index = next++) {
      const job = jobs[index];
      if (job !== undefined) {
        results[index] = await askOne(job, asking);
      }
    }
  };
  await Promise.all(Array.from({ length: REQUESTS_AT_ONCE }, worker));
  return results;
}

async function askOne(job: Job, { client, certificates, ports }: Asking): Promise<PairResult> {
  const { set, name, request, transport } = job;
  const bytes = realRequest(request);
  const { tls, from, to } = request;
  const identity = tls && certificates.clients.get(tls.certificate);
  const destination = {
    from,
    to,
    port: ports[request.port],
    tls: identity && { identity, serverName: tls?.serverName },
  };
  const key = [from, to, request.port, tls?.certificate ?? '', tls?.serverName ?? ''].join(' ');
  const answers: Partial<Record<Judge, Answer>> = {};
  for (const judge of JUDGES) {
    answers[judge] =
      transport === 'tcp'
        ? await tryConnection({ ...destination, to: tcpAddress(name, judge) })
        : answerOf(await client.send(key, destination, bytes(routeName(name, judge)), true));
  }
  const rest = request.tokens.filter((token) => !isOddToken(token));
  const isPart = transport === 'http' && rest.length > 0 && rest.length < request.tokens.length;
  const withoutOddTokens = isPart
    ? answerOf(
        await client.send(
          key,
          destination,
          realRequest({ ...request, tokens: rest })(routeName(name, 'istio')),
          true,
        ),
      )
    : undefined;
  return { set, request, transport, answers: answers as Record<Judge, Answer>, withoutOddTokens };
}
