import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import {
  type Clock,
  type EventSink,
  formatListenAddress,
  isLocalAddress,
  type ListenAddress,
} from '../base/index.ts';
import { type AdminAppOptions, createAdminApp } from './admin-app.ts';
import { type HttpListener, LIMITS_OF_HTTP, listenHttp } from './http-listener.ts';

export interface AdminServerOptions extends Pick<AdminAppOptions, 'readiness' | 'metrics'> {
  readonly address: ListenAddress;
  readonly clock: Clock;
  readonly events: EventSink;
}

const CONNECTIONS_MAX = 100;

/** Listens for operators. Rejects with `ERR_WEB_ADDRESS_IN_USE` or `ERR_WEB_LISTEN`. */
export async function startAdminServer(options: AdminServerOptions): Promise<HttpListener> {
  const { address, clock, events } = options;
  const app = createAdminApp({ ...options, localNamesOnly: isLocalAddress(address) });
  const server = createAdaptorServer({
    fetch: app.fetch,
    overrideGlobalObjects: false,
    serverOptions: LIMITS_OF_HTTP,
  }) as Server;
  server.maxConnections = CONNECTIONS_MAX;
  const listener = await listenHttp(server, { address, setting: 'listeners.admin', clock });
  events({
    level: 'info',
    event: 'web.listening',
    message: 'health and metrics are served',
    fields: { address: formatListenAddress(listener.address) },
  });
  return listener;
}
