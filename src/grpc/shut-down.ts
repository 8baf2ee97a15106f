import type { Socket } from 'node:net';
import type * as grpc from '@grpc/grpc-js';
import { type Clock, type EventSink, formatListenAddress, sleep } from '../base/index.ts';
import type { FrontDoor } from './front-door.ts';
import type { Place } from './place.ts';
import type { RunningCalls } from './running-calls.ts';

/** How long the last bytes of a finished call may take on their way out. */
const FLUSH_MILLIS = 500;

export interface Running {
  readonly name: string;
  readonly clock: Clock;
  readonly events: EventSink;
  readonly calls: RunningCalls;
  readonly door: FrontDoor;
  readonly place: Place;
  readonly server: grpc.Server;
  readonly injector: grpc.ConnectionInjector;
}

/** See `GrpcListener.stop`. */
export async function shutDown(graceMillis: number, running: Running): Promise<void> {
  const { name, clock, events, calls, door, place, server, injector } = running;
  const within = async (done: Promise<void>, millis: number): Promise<void> => {
    const finished = new AbortController();
    await Promise.race([done, sleep(clock, millis, finished.signal)]);
    finished.abort();
  };
  door.server.close();
  door.release();
  await place.remove();
  calls.close();
  await within(calls.drained(), graceMillis);
  const forcedCalls = calls.count;
  const sockets = [...door.sockets];
  const closed = Promise.all(sockets.map(whenClosed)).then(() => undefined);
  injector.destroy();
  await within(closed, FLUSH_MILLIS);
  // A client reads a closed connection as UNAVAILABLE; what `forceShutdown` sends it would read as CANCELLED.
  for (const socket of sockets) {
    socket.destroy();
  }
  server.forceShutdown();
  await closed;
  events({
    level: forcedCalls === 0 ? 'info' : 'warn',
    event: 'grpc.stopped',
    message: `stopped listening on ${formatListenAddress(place.address)}`,
    fields: { listener: name, forcedCalls },
  });
}

function whenClosed(socket: Socket): Promise<void> {
  return socket.closed ? Promise.resolve() : new Promise((resolve) => socket.once('close', () => resolve()));
}
