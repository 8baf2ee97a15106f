import type { Server } from 'node:http';
import {
  type Clock,
  errorText,
  formatListenAddress,
  type ListenAddress,
  SallyportError,
  sleep,
} from '../base/index.ts';

/** A server that listens. */
export interface HttpListener {
  /** With the port the system chose. */
  readonly address: ListenAddress;
  /** Takes no new connection, lets running requests end for at most `graceMillis`, then cuts them. */
  stop(graceMillis?: number): Promise<void>;
}

export interface HttpListenerOptions {
  readonly address: ListenAddress;
  /** Its key in the settings, for errors. */
  readonly setting: 'listeners.admin' | 'listeners.public';
  readonly clock: Clock;
}

/** What one connection may cost, whoever is at its other end. */
export const LIMITS_OF_HTTP = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 5000,
  requestTimeout: 10_000,
  keepAliveTimeout: 15_000,
  connectionsCheckingInterval: 1000,
} as const;

const GRACE_MILLIS = 1000;

/** Rejects with `ERR_WEB_ADDRESS_IN_USE` or `ERR_WEB_LISTEN`. */
export async function listenHttp(
  server: Server,
  { address, setting, clock }: HttpListenerOptions,
): Promise<HttpListener> {
  if (address.kind === 'unix') {
    throw new SallyportError('ERR_WEB_LISTEN', `\`${setting}\` takes TCP addresses only`);
  }
  const port = await listen(server, address, setting);
  return {
    address: { ...address, port },
    stop: (graceMillis = GRACE_MILLIS) => stop(server, clock, graceMillis),
  };
}

function listen(
  server: Server,
  address: ListenAddress & { readonly kind: 'tcp' },
  setting: string,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown): void => reject(listenError(address, setting, cause));
    server.once('error', fail);
    server.listen({ host: address.host, port: address.port }, () => {
      server.off('error', fail);
      const bound = server.address();
      resolve(typeof bound === 'object' && bound !== null ? bound.port : address.port);
    });
  });
}

function listenError(address: ListenAddress, setting: string, cause: unknown): SallyportError {
  const text = formatListenAddress(address);
  return (cause as NodeJS.ErrnoException).code === 'EADDRINUSE'
    ? new SallyportError('ERR_WEB_ADDRESS_IN_USE', `the address \`${text}\` of \`${setting}\` is in use`, {
        hint: 'stop the process that listens there, or choose another port',
        cause,
      })
    : new SallyportError(
        'ERR_WEB_LISTEN',
        `\`${setting}\` cannot listen on \`${text}\`: ${errorText(cause)}`,
        {
          hint: 'choose an address that this machine has, and a port above 1023',
          cause,
        },
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
