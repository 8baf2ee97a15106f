import type { AskProvider, Provider, ProviderAnswer } from '../authz/index.ts';
import type { Clock, EventSink } from '../base/index.ts';
import { failed } from './answer.ts';
import { bounded } from './bounded.ts';
import type { ProviderClient } from './client.ts';
import { createGrpcClient } from './grpc-client.ts';
import { createHttpClient } from './http-client.ts';
import type { ExtensionProviderOptions, SharedProviderOptions } from './options.ts';
import { readProviderTls } from './tls-files.ts';

/** The services that CUSTOM policies may name. */
export interface Providers {
  readonly byName: ReadonlyMap<string, Provider>;
  readonly ask: AskProvider;
  /** Closes connections; questions that are open fail. */
  stop(): void;
}

export interface ProvidersOptions {
  readonly options: readonly ExtensionProviderOptions[];
  readonly clock: Clock;
  /** Gets `provider.answered` for each question. */
  readonly events: EventSink;
}

/** Connects to nobody before the first question. Rejects with `ERR_PROVIDER_CA`. */
export async function createProviders({ options, clock, events }: ProvidersOptions): Promise<Providers> {
  const opened = await Promise.all(options.map((one) => open(one, clock)));
  const openBytes = { total: 0 };
  const clients = new Map(opened.map(({ provider, client }) => [provider.name, bounded(client, openBytes)]));
  return {
    byName: new Map(opened.map(({ provider }) => [provider.name, provider])),
    async ask(question, waitMillis) {
      const { name } = question.provider;
      const start = clock.monotonicMillis();
      const answer = await (clients.get(name)?.(question, waitMillis) ??
        failed('question', 'there is no such provider'));
      tell(events, name, answer, Math.round((clock.monotonicMillis() - start) * 1000));
      return answer;
    },
    stop() {
      for (const { client } of opened) {
        client.close();
      }
    },
  };
}

interface Opened {
  readonly provider: Provider;
  readonly client: ProviderClient;
}

async function open(one: ExtensionProviderOptions, clock: Clock): Promise<Opened> {
  const { name, envoyExtAuthzGrpc: overGrpc, envoyExtAuthzHttp: overHttp } = one;
  if (overHttp !== undefined) {
    const tls = await readProviderTls(name, overHttp.tls);
    return {
      provider: providerOf(name, 'http', overHttp),
      client: createHttpClient(overHttp, tls, clock),
    };
  }
  if (overGrpc === undefined) {
    throw new TypeError('a provider without a protocol passed its schema');
  }
  const tls = await readProviderTls(name, overGrpc.tls);
  return { provider: providerOf(name, 'grpc', overGrpc), client: createGrpcClient(overGrpc, tls, clock) };
}

function providerOf(name: string, protocol: 'grpc' | 'http', options: SharedProviderOptions): Provider {
  const { timeout, failOpen, statusOnError, includeRequestBodyInCheck: body } = options;
  return {
    name,
    protocol,
    timeout,
    failOpen,
    statusOnError,
    body: body && { bytesMax: body.maxRequestBytes, allowPartial: body.allowPartialMessage },
  };
}

function tell(events: EventSink, provider: string, answer: ProviderAnswer, durationMicros: number): void {
  const outcome = answer.kind === 'failed' ? answer.failure : answer.kind;
  events({
    level: answer.kind === 'failed' ? 'warn' : 'debug',
    event: 'provider.answered',
    message:
      answer.kind === 'failed' ? 'an extension provider gave no verdict' : 'an extension provider answered',
    fields: { provider, outcome, durationMicros },
    ...(answer.kind === 'failed' ? { error: answer.cause } : {}),
  });
}
