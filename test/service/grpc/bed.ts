import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { afterEach } from 'vitest';
import { systemClock, systemRandom } from '../../../src/base/index.ts';
import {
  type Caller,
  type CallHandle,
  createGrpcListener,
  type GrpcListener,
  type GrpcListenerOptions,
  type GrpcServiceSource,
} from '../../../src/grpc/index.ts';
import { type EventLog, eventLog } from '../../fakes/events.ts';

/** A listener with its events, stopped when the test ends. */
export interface Bed {
  readonly listener: GrpcListener;
  readonly log: EventLog;
  /** What a grpc-js client dials. */
  readonly target: string;
}

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) {
    await cleanup();
  }
});

export function cleanUp(run: () => unknown): void {
  cleanups.push(run);
}

export async function openListener(
  options: Pick<GrpcListenerOptions, 'address' | 'services'> & Partial<GrpcListenerOptions>,
): Promise<Bed> {
  const log = eventLog();
  const listener = await createGrpcListener({
    name: 'test',
    security: { kind: 'insecure' },
    clock: systemClock,
    random: systemRandom,
    events: log.sink,
    ...options,
  });
  cleanUp(() => listener.stop(0));
  const { address } = listener;
  const target = address.kind === 'unix' ? `unix:${address.path}` : `${address.host}:${address.port}`;
  return { listener, log, target };
}

export const LOOPBACK = { kind: 'tcp', host: '127.0.0.1', port: 0 } as const;

export function socketPath(name = 'x.sock'): string {
  const folder = mkdtempSync(join(tmpdir(), 'sp-'));
  cleanUp(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, name);
}

const text = {
  serialize: (value: string) => Buffer.from(value),
  deserialize: (bytes: Buffer) => bytes.toString(),
};
const codec = {
  requestSerialize: text.serialize,
  requestDeserialize: text.deserialize,
  responseSerialize: text.serialize,
  responseDeserialize: text.deserialize,
};

/** Calls of plain text: one that answers, one that streams both ways. */
export const echoDefinition = {
  Once: { path: '/test.Echo/Once', requestStream: false, responseStream: false, ...codec },
  Stream: { path: '/test.Echo/Stream', requestStream: true, responseStream: true, ...codec },
} satisfies grpc.ServiceDefinition;

/** Answers with what `answer` makes of the request and the caller. */
export function echoService(
  answer: (request: string, caller: Caller) => string | Promise<string>,
): GrpcServiceSource {
  return ({ callerOf }) => ({
    definition: echoDefinition,
    implementation: {
      async Once(call: grpc.ServerUnaryCall<string, string>, reply: grpc.sendUnaryData<string>) {
        reply(null, await answer(call.request, callerOf(call)));
      },
      Stream(call: grpc.ServerDuplexStream<string, string> & CallHandle) {
        call.on('data', async (request: string) => {
          const response = await answer(request, callerOf(call));
          call.write(response);
        });
        call.on('end', () => call.end());
      },
    },
  });
}

export interface EchoClient {
  once(request: string): Promise<string>;
  /** Opens a stream and sends `first`. */
  stream(first: string): EchoStream;
}

export interface EchoStream {
  readonly call: grpc.ClientDuplexStream<string, string>;
  next(): Promise<string>;
  readonly status: Promise<grpc.StatusObject>;
}

export function echoClient(
  target: string,
  credentials = grpc.credentials.createInsecure(),
  options: grpc.ClientOptions = {},
): EchoClient {
  const client = new grpc.Client(target, credentials, {
    'grpc.enable_channelz': 0,
    'grpc.use_local_subchannel_pool': 1,
    ...options,
  });
  cleanUp(() => client.close());
  return {
    once: (request) =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(
          echoDefinition.Once.path,
          text.serialize,
          text.deserialize,
          request,
          { deadline: Date.now() + 5000 },
          (error, response) => (error ? reject(error) : resolve(response ?? '')),
        );
      }),
    stream(first) {
      const call = client.makeBidiStreamRequest(echoDefinition.Stream.path, text.serialize, text.deserialize);
      const received: string[] = [];
      const waiting: ((value: string) => void)[] = [];
      call.on('data', (value: string) => {
        const take = waiting.shift();
        if (take === undefined) {
          received.push(value);
        } else {
          take(value);
        }
      });
      call.on('error', () => undefined);
      const status = new Promise<grpc.StatusObject>((resolve) => call.once('status', resolve));
      call.write(first);
      return {
        call,
        status,
        next: () => {
          const value = received.shift();
          return value === undefined
            ? new Promise((resolve) => waiting.push(resolve))
            : Promise.resolve(value);
        },
      };
    },
  };
}
