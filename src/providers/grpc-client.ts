import { isIP } from 'node:net';
import * as grpc from '@grpc/grpc-js';
import type { ProviderAnswer, ProviderQuestion } from '../authz/index.ts';
import { type Clock, LIMITS } from '../base/index.ts';
import { passOnCheck } from '../proto/index.ts';
import { failed, reasonIn } from './answer.ts';
import type { ProviderClient } from './client.ts';
import { answerOfCheck } from './grpc-answer.ts';
import type { SharedProviderOptions } from './options.ts';
import type { ProviderTls } from './tls-files.ts';

/** Asks by gRPC, over one connection that is kept. */
export function createGrpcClient(
  options: SharedProviderOptions,
  tls: ProviderTls | undefined,
  clock: Clock,
): ProviderClient {
  const host = options.service.replace(/^.*\//, '');
  const credentials =
    tls === undefined ? grpc.credentials.createInsecure() : grpc.credentials.createSsl(tls.ca ?? null);
  const client = new grpc.Client(targetOf(host, options.port), credentials, {
    ...CHANNEL,
    'grpc.default_authority': tls?.serverName ?? host,
    ...(tls === undefined ? {} : { 'grpc.ssl_target_name_override': tls.serverName ?? host }),
  });
  const packAsBytes = options.includeRequestBodyInCheck?.packAsBytes ?? false;
  return {
    ask: (question, waitMillis) =>
      call(client, messageOf(question, packAsBytes), clock.nowMillis() + waitMillis),
    close: () => client.close(),
  };
}

const CHANNEL: grpc.ChannelOptions = {
  'grpc.max_receive_message_length': LIMITS.providerReplyBytes,
  'grpc.max_send_message_length': 2 * LIMITS.checkRequestBytes,
  'grpc.max_metadata_size': 16 * 1024,
  'grpc.enable_http_proxy': 0,
  'grpc.enable_retries': 0,
  'grpc.service_config_disable_resolution': 1,
  'grpc.use_local_subchannel_pool': 1,
  // A service that went away without a word is noticed, and one that comes back is found soon.
  'grpc.keepalive_time_ms': 20_000,
  'grpc.keepalive_timeout_ms': 5000,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 2000,
};

function targetOf(host: string, port: number): string {
  switch (isIP(host)) {
    case 4:
      return `ipv4:${host}:${port}`;
    case 6:
      return `ipv6:[${host}]:${port}`;
    default:
      return `dns:${host}:${port}`;
  }
}

/** What is set for us alone does not go along. */
function messageOf({ bytes, http }: ProviderQuestion, packAsBytes: boolean): Buffer {
  return passOnCheck(bytes, {
    http: http && {
      path: http.path,
      headers: [...http.headers].map(([name, lines]) => [name, lines.join(name === 'cookie' ? '; ' : ',')]),
      body: http.body,
      packAsBytes,
    },
    isPassedOn: (extension) => !extension.startsWith('sallyport.'),
  });
}

const asItIs = (bytes: Buffer): Buffer => bytes;

function call(client: grpc.Client, message: Buffer, deadline: number): Promise<ProviderAnswer> {
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      '/envoy.service.auth.v3.Authorization/Check',
      asItIs,
      asItIs,
      message,
      new grpc.Metadata(),
      { deadline },
      (error, reply) => resolve(error === null ? answerOfCheck(reply ?? Buffer.alloc(0)) : failureOf(error)),
    );
  });
}

/** Every status but OK is no verdict. Of `details`, which come from the other side too, only the code of an error stays. */
function failureOf({ code, details }: grpc.ServiceError): ProviderAnswer {
  switch (code) {
    case grpc.status.DEADLINE_EXCEEDED:
      return failed('timeout', 'the provider did not answer in time');
    case grpc.status.UNAVAILABLE:
      return failed('unreachable', `the provider cannot be reached${reasonIn(details)}`);
    case grpc.status.RESOURCE_EXHAUSTED:
      // Over a limit of ours or of theirs: one cannot be told from the other.
      return failed('reply', 'the answer is over a limit, or the provider is');
    default:
      return failed('status', `the provider answered with the gRPC status ${code}`);
  }
}
