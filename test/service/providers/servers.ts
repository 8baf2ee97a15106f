import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import * as grpc from '@grpc/grpc-js';
import { onTestFinished } from 'vitest';
import { testDefinitions } from '../../fakes/proto-files.ts';

export interface Pem {
  readonly certificateChainPem: string;
  readonly privateKeyPem: string;
}

/** A CheckRequest with the names of its .proto file, as far as tests look at it. */
export interface AskedByGrpc {
  readonly attributes: {
    readonly source: { readonly principal: string } | null;
    readonly context_extensions: object;
    readonly request: {
      readonly http: {
        readonly method: string;
        readonly path: string;
        readonly headers: Readonly<Record<string, string>>;
        readonly body: string;
        readonly raw_body: Uint8Array;
      } | null;
    } | null;
  };
}

export interface GrpcProvider {
  readonly port: number;
  readonly asked: readonly AskedByGrpc[];
  /** What each call was addressed to. */
  readonly authorities: readonly string[];
  stop(): void;
}

/** A CheckResponse by the names of its .proto file, a gRPC status, or undefined to say nothing. */
export type AnswerByGrpc = (request: AskedByGrpc) => object | grpc.status | undefined;

/** A real ext_authz server at a port or a Unix socket, stopped when the test ends. */
export async function grpcProvider(
  answer: AnswerByGrpc,
  tls?: Pem,
  at: number | string = 0,
): Promise<GrpcProvider> {
  const asked: AskedByGrpc[] = [];
  const authorities: string[] = [];
  const server = new grpc.Server({ 'grpc.max_receive_message_length': 16 * 1024 * 1024 });
  server.addService(testDefinitions().service('envoy.service.auth.v3.Authorization'), {
    Check(call: grpc.ServerUnaryCall<AskedByGrpc, object>, reply: grpc.sendUnaryData<object>) {
      asked.push(call.request);
      authorities.push(call.getHost());
      const response = answer(call.request);
      if (typeof response === 'number') {
        reply({ code: response, details: 'secret details' });
      } else if (response !== undefined) {
        reply(null, response);
      }
    },
  });
  const credentials =
    tls === undefined
      ? grpc.ServerCredentials.createInsecure()
      : grpc.ServerCredentials.createSsl(null, [
          { cert_chain: Buffer.from(tls.certificateChainPem), private_key: Buffer.from(tls.privateKeyPem) },
        ]);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(
      typeof at === 'string' ? `unix:${at}` : `127.0.0.1:${at}`,
      credentials,
      (error, bound) => (error === null ? resolve(bound) : reject(error)),
    );
  });
  onTestFinished(() => server.forceShutdown());
  return { port, asked, authorities, stop: () => server.forceShutdown() };
}

export interface AskedByHttp {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface HttpProvider {
  readonly port: number;
  readonly asked: readonly AskedByHttp[];
  readonly connections: () => number;
}

export type AnswerByHttp = (request: AskedByHttp, response: ServerResponse) => void;

/** A real HTTP server, stopped when the test ends. */
export async function httpProvider(answer: AnswerByHttp, tls?: Pem): Promise<HttpProvider> {
  const asked: AskedByHttp[] = [];
  let connections = 0;
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) {
      chunks.push(chunk);
    }
    const { method = '', url: path = '', headers } = request;
    const question = { method, path, headers, body: Buffer.concat(chunks).toString('utf8') };
    asked.push(question);
    answer(question, response);
  };
  const listener = (request: IncomingMessage, response: ServerResponse): void =>
    void handle(request, response);
  const server =
    tls === undefined
      ? createServer(listener)
      : createTlsServer({ cert: tls.certificateChainPem, key: tls.privateKeyPem }, listener);
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, asked, connections: () => connections };
}
