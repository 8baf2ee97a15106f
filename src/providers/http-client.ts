import { Agent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest, Agent as TlsAgent } from 'node:https';
import { isIP } from 'node:net';
import type { ProviderAnswer } from '../authz/index.ts';
import { type Clock, errorText, LIMITS } from '../base/index.ts';
import { failed, reasonIn } from './answer.ts';
import type { ProviderClient } from './client.ts';
import { answerOfHttp } from './http-answer.ts';
import { type HttpQuestion, httpQuestion } from './http-question.ts';
import type { HttpProviderOptions } from './options.ts';
import type { ProviderTls } from './tls-files.ts';

/** Asks by HTTP/1.1 over connections that are kept. */
export function createHttpClient(
  options: HttpProviderOptions,
  tls: ProviderTls | undefined,
  clock: Clock,
): ProviderClient {
  const host = options.service.replace(/^.*\//, '');
  const pool = { keepAlive: true, maxSockets: LIMITS.providerConnections, scheduling: 'lifo' } as const;
  const agent = tls === undefined ? new Agent(pool) : new TlsAgent(pool);
  const route: Route = {
    options,
    clock,
    send: tls === undefined ? httpRequest : httpsRequest,
    connection: {
      host,
      port: options.port,
      agent,
      maxHeaderSize: HEAD_BYTES_MAX,
      ...(tls === undefined ? {} : tlsOptions(host, tls)),
    },
  };
  return {
    async ask({ http }, waitMillis) {
      const question = http && httpQuestion(http, options);
      return question === undefined
        ? failed('question', 'the provider cannot be asked about such a request')
        : exchange(route, question, waitMillis);
    },
    close: () => agent.destroy(),
  };
}

const HEAD_BYTES_MAX = 64 * 1024;

function tlsOptions(host: string, { ca, serverName }: ProviderTls): object {
  const name = serverName ?? host;
  return {
    minVersion: 'TLSv1.2',
    // An address is no name to ask for; the certificate is then compared with the address.
    ...(isIP(name) === 0 ? { servername: name } : {}),
    ...(ca === undefined ? {} : { ca }),
  };
}

interface Route {
  readonly options: HttpProviderOptions;
  readonly clock: Clock;
  readonly send: typeof httpRequest;
  readonly connection: RequestOptions;
}

function exchange(route: Route, question: HttpQuestion, waitMillis: number): Promise<ProviderAnswer> {
  return new Promise((resolve) => {
    const stopped = new AbortController();
    const timer = route.clock.startTimer(waitMillis, () => {
      resolve(failed('timeout', 'the provider did not answer in time'));
      stopped.abort();
    });
    const finish = (answer: ProviderAnswer): void => {
      timer.cancel();
      resolve(answer);
    };
    try {
      attempt(route, question, stopped.signal, finish, true);
    } catch {
      // Node sends no control characters; what it says would repeat the name of a header.
      finish(failed('question', 'the provider cannot be asked about a header with such characters'));
    }
  });
}

/**
 * A kept connection may be closed by the other side at the moment it is used; what was never answered is sent
 * once more over a new one.
 */
function attempt(
  route: Route,
  question: HttpQuestion,
  signal: AbortSignal,
  finish: (answer: ProviderAnswer) => void,
  mayTryAgain: boolean,
): void {
  const { method, path, headers, body } = question;
  const request = route.send({ ...route.connection, method, path, headers, signal });
  request.on('error', (error) => {
    if (signal.aborted) {
      return;
    }
    if (mayTryAgain && request.reusedSocket && 'code' in error && error.code === 'ECONNRESET') {
      attempt(route, question, signal, finish, false);
      return;
    }
    finish(failureOf(error));
  });
  request.on('upgrade', (_, socket) => {
    socket.destroy();
    finish(failed('reply', 'the provider changed the protocol'));
  });
  request.on('response', (response) => {
    void receive(response, route.options).then(finish);
  });
  request.end(body);
}

async function receive(response: IncomingMessage, options: HttpProviderOptions): Promise<ProviderAnswer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > LIMITS.providerReplyBytes) {
        response.destroy();
        return failed('reply', 'the answer is over its limit in bytes');
      }
      chunks.push(chunk);
    }
  } catch (error) {
    return failureOf(error);
  }
  const { statusCode = 0, rawHeaders } = response;
  return answerOfHttp({ status: statusCode, rawHeaders, body: Buffer.concat(chunks) }, options);
}

/** A head that is no HTTP, or too large, is an answer that cannot be taken; the rest is a connection that failed. */
function failureOf(error: unknown): ProviderAnswer {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  return code.startsWith('HPE_')
    ? failed('reply', `the answer is not HTTP (${code})`)
    : failed('unreachable', `the provider cannot be reached${reasonIn(code || errorText(error))}`);
}
