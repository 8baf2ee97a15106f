import * as grpc from '@grpc/grpc-js';
import {
  type Clock,
  type EventSink,
  formatListenAddress,
  LIMITS,
  type ListenAddress,
  type Random,
  randomHex,
} from '../base/index.ts';
import type { Caller } from './caller.ts';
import { type ListenerSecurity, openFrontDoor } from './front-door.ts';
import type { PeerCredentials } from './peer-credentials.ts';
import { type GrpcAddress, listenAt, type Place } from './place.ts';
import { RunningCalls } from './running-calls.ts';
import type { CallHandle, GrpcServiceSource, ServiceContext } from './service.ts';
import { shutDown } from './shut-down.ts';

export interface GrpcListenerOptions {
  /** In events and in `Caller.listener`. */
  readonly name: string;
  readonly address: GrpcAddress;
  readonly security: ListenerSecurity;
  /** Fills `Caller.process` on Unix sockets. */
  readonly peerCredentials?: PeerCredentials | undefined;
  readonly services: readonly GrpcServiceSource[];
  readonly clock: Clock;
  readonly random: Random;
  readonly events: EventSink;
  readonly limits?: Partial<ListenerLimits>;
}

export interface ListenerLimits {
  readonly connections: number;
  readonly streamsPerConnection: number;
  /** Calls of all connections that run at once, open streams among them. */
  readonly calls: number;
  /** A request as it arrives and after decompression. */
  readonly requestBytes: number;
  /** A connection from which nothing was heard for this long is asked for a sign of life. */
  readonly keepaliveMillis: number;
  /** A connection that gives none for this long is closed. */
  readonly keepaliveTimeoutMillis: number;
  readonly handshakeMillis: number;
}

export interface GrpcListener {
  readonly name: string;
  /** Where it listens, with the port the system chose. */
  readonly address: ListenAddress;
  readonly runningCalls: number;
  readonly connections: number;
  callerOf(call: CallHandle): Caller;
  /**
   * Takes no new connection and no new call, ends each open stream with UNAVAILABLE, lets unary calls
   * finish for up to `graceMillis`, then closes every connection. Never rejects.
   */
  stop(graceMillis: number): Promise<void>;
}

export const LISTENER_LIMITS: ListenerLimits = {
  connections: LIMITS.connectionsPerListener,
  streamsPerConnection: LIMITS.streamsPerConnection,
  calls: LIMITS.callsPerListener,
  requestBytes: LIMITS.checkRequestBytes,
  keepaliveMillis: 30_000,
  keepaliveTimeoutMillis: 10_000,
  handshakeMillis: 10_000,
};

/**
 * Listens for gRPC. Each connection is accepted by our own server and then given to grpc-js under an opaque
 * name in place of its address, so that a call can be told from whom it comes without asking the caller.
 * Rejects with `ERR_UNIX_PATH_TOO_LONG`, `ERR_GRPC_ADDRESS_IN_USE`, `ERR_GRPC_LISTEN` or
 * `ERR_GRPC_TLS_MATERIAL`.
 */
export async function createGrpcListener(options: GrpcListenerOptions): Promise<GrpcListener> {
  const { name, address, security, clock, random, events } = options;
  const limits = { ...LISTENER_LIMITS, ...options.limits };
  const connections = new Map<string, Caller>();
  const calls = new RunningCalls((peer) => connections.get(peer), limits.calls);
  const callerOf = (call: CallHandle): Caller => calls.callerOf(call);
  const transport = security.kind === 'mtls' ? 'mtls' : address.kind;
  const server = createServer(options, { listener: name, transport, callerOf }, limits, calls);
  const injector = server.createConnectionInjector(grpc.ServerCredentials.createInsecure());
  const door = openFrontDoor({
    name,
    security,
    connectionsMax: limits.connections,
    handshakeMillis: limits.handshakeMillis,
    clock,
    events,
    onSocket(socket, peerUris) {
      const connectionId = `conn:${randomHex(random, 16)}`;
      const process = transport === 'unix' ? options.peerCredentials?.read(socket) : undefined;
      connections.set(connectionId, { connectionId, listener: name, transport, peerUris, process });
      socket.once('close', () => {
        connections.delete(connectionId);
        process?.release();
      });
      Object.defineProperties(socket, {
        remoteAddress: { value: connectionId },
        remotePort: { value: undefined },
      });
      injector.injectConnection(socket);
    },
  });
  const place = await listenAt(door.server, address, random).catch((error: unknown) => {
    door.release();
    throw error;
  });
  announce(place, name, transport, events);
  let stopped: Promise<void> | undefined;
  return {
    name,
    address: place.address,
    get runningCalls() {
      return calls.count;
    },
    get connections() {
      return connections.size;
    },
    callerOf,
    stop(graceMillis) {
      stopped ??= shutDown(graceMillis, {
        name,
        clock,
        events,
        calls,
        door,
        place,
        server,
        injector,
      });
      return stopped;
    },
  };
}

function createServer(
  { services }: GrpcListenerOptions,
  context: ServiceContext,
  limits: ListenerLimits,
  calls: RunningCalls,
): grpc.Server {
  const server = new grpc.Server({
    'grpc.enable_channelz': 0,
    'grpc.max_concurrent_streams': limits.streamsPerConnection,
    'grpc.max_receive_message_length': limits.requestBytes,
    'grpc.max_send_message_length': -1,
    'grpc.keepalive_time_ms': limits.keepaliveMillis,
    'grpc.keepalive_timeout_ms': limits.keepaliveTimeoutMillis,
  });
  for (const source of services) {
    const service = typeof source === 'function' ? source(context) : source;
    server.addService(service.definition, calls.wrap(service));
  }
  return server;
}

function announce(place: Place, listener: string, transport: Caller['transport'], events: EventSink): void {
  const address = formatListenAddress(place.address);
  events({
    level: 'info',
    event: 'grpc.listening',
    message: `listening on ${address}`,
    fields: { listener, address, transport, tookOverDeadSocket: place.tookOver },
  });
}
