import { setTimeout as sleep } from 'node:timers/promises';
import * as grpc from '@grpc/grpc-js';
import { testDefinitions } from '../../test/fakes/proto-files.ts';

const PAUSE_MILLIS = 2;
const REQUEST = {
  attributes: {
    source: { principal: 'spiffe://example.org/ns/web/sa/frontend' },
    destination: { principal: 'spiffe://example.org/ns/shop/sa/orders' },
    request: {
      http: {
        method: 'GET',
        path: '/orders',
        host: 'orders',
        headers: { ':method': 'GET', ':path': '/orders' },
      },
    },
  },
};

/** In milliseconds. */
export interface Latencies {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
}

/** How long a Check takes, one after the other with a pause, until `end` comes. */
export async function checkLatencies(socketPath: string, end: Promise<unknown>): Promise<Latencies> {
  const method = testDefinitions().service('envoy.service.auth.v3.Authorization')[
    'Check'
  ] as grpc.MethodDefinition<object, object>;
  const client = new grpc.Client(`unix:${socketPath}`, grpc.credentials.createInsecure());
  const check = (): Promise<unknown> =>
    new Promise((resolve, reject) => {
      client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        REQUEST,
        (error, response) => (error === null ? resolve(response) : reject(error)),
      );
    });
  let ended = false;
  const over = end.then(() => {
    ended = true;
  });
  const times: number[] = [];
  while (!ended) {
    const started = performance.now();
    await check();
    times.push(performance.now() - started);
    await sleep(PAUSE_MILLIS);
  }
  await over;
  client.close();
  times.sort((a, b) => a - b);
  const at = (part: number): number => times[Math.floor(times.length * part)] ?? Number.NaN;
  return { count: times.length, p50: at(0.5), p99: at(0.99), longest: times.at(-1) ?? Number.NaN };
}
