import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import {
  type Clock,
  type EventSink,
  errorText,
  formatListenAddress,
  isLocalAddress,
  type ListenAddress,
  SallyportError,
  sleep,
} from '../base/index.ts';
import { type AdminAppOptions, createAdminApp } from './admin-app.ts';

export interface AdminServerOptions extends Pick<AdminAppOptions, 'readiness' | 'metrics'> {
  readonly address: ListenAddress;
  readonly clock: Clock;
  readonly events: EventSink;
}

export interface AdminServer {
  /** With the port the system chose. */
  readonly address: ListenAddress;
  /** Takes no new connection, lets running requests end for at most `graceMillis`, then cuts them. */
  stop(graceMillis?: number): Promise<void>;
}

const GRACE_MILLIS = 1000;
const CONNECTIONS_MAX = 100;
const LIMITS_OF_HTTP = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 5000,
  requestTimeout: 10_000,
  keepAliveTimeout: 15_000,
  connectionsCheckingInterval: 1000,
} as const;

/** Listens for operators. Rejects with `ERR_WEB_ADDRESS_IN_USE` or `ERR_WEB_LISTEN`. */
export async function startAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const { address, clock, events } = options;
  if (address.kind === 'unix') {
    throw new SallyportError('ERR_WEB_LISTEN', 'the admin listener takes TCP addresses only');
  }
  const app = createAdminApp({ ...options, localNamesOnly: isLocalAddress(address) });
  const server = createAdaptorServer({
    fetch: app.fetch,
    overrideGlobalObjects: false,
    serverOptions: LIMITS_OF_HTTP,
  }) as Server;
  server.maxConnections = CONNECTIONS_MAX;
  const bound: ListenAddress = { ...address, port: await listen(server, address) };
  events({
    level: 'info',
    event: 'web.listening',
    message: 'health and metrics are served',
    fields: { address: formatListenAddress(bound) },
  });
  return { address: bound, stop: (graceMillis = GRACE_MILLIS) => stop(server, clock, graceMillis) };
}

function listen(server: Server, address: ListenAddress & { readonly kind: 'tcp' }): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown): void => reject(listenError(address, cause));
    server.once('error', fail);
    server.listen({ host: address.host, port: address.port }, () => {
      server.off('error', fail);
      const bound = server.address();
      resolve(typeof bound === 'object' && bound !== null ? bound.port : address.port);
    });
  });
}

function listenError(address: ListenAddress, cause: unknown): SallyportError {
  const text = formatListenAddress(address);
  return (cause as NodeJS.ErrnoException).code === 'EADDRINUSE'
    ? new SallyportError(
        'ERR_WEB_ADDRESS_IN_USE',
        `the address \`${text}\` of \`listeners.admin\` is in use`,
        {
          hint: 'stop the process that listens there, or choose another port',
          cause,
        },
      )
    : new SallyportError(
        'ERR_WEB_LISTEN',
        `\`listeners.admin\` cannot listen on \`${text}\`: ${errorText(cause)}`,
        { hint: 'choose an address that this machine has, and a port above 1023', cause },
      );
}

async function stop(server: Server, clock: Clock, graceMillis: number): Promise<void> {
  if (!server.listening) {
    return;
  }
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const graceful = new AbortController();
  void closed.then(() => graceful.abort());
  await sleep(clock, graceMillis, graceful.signal);
  server.closeAllConnections();
  await closed;
}
