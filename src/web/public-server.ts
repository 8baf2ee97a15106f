import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createAdaptorServer } from '@hono/node-server';
import {
  type Clock,
  type EventSink,
  formatListenAddress,
  type ListenAddress,
  SallyportError,
} from '../base/index.ts';
import { type HttpListener, LIMITS_OF_HTTP, listenHttp } from './http-listener.ts';
import { createPublicApp, type PublicAppOptions } from './public-app.ts';

/** Certificate and key of a server as they are now; renewed while it runs. */
export interface CertificateSource {
  current(): { readonly certificateChainPem: string; readonly privateKeyPem: string };
  /** Calls `listener` after `current()` has changed, until the returned function is called. */
  onChange(listener: () => void): () => void;
}

export interface PublicServerOptions extends Pick<PublicAppOptions, 'bundle' | 'jwtIssuer'> {
  readonly address: ListenAddress;
  /** Undefined: plain HTTP. */
  readonly tls: CertificateSource | undefined;
  readonly clock: Clock;
  readonly events: EventSink;
}

const CONNECTIONS_MAX = 1000;
/** A connection that asks for more is closed, so that none is held for ever by keeping it busy. */
const REQUESTS_PER_CONNECTION = 1000;

/**
 * Serves keys and trust to anybody, on a listener of its own. Rejects with `ERR_WEB_ADDRESS_IN_USE`,
 * `ERR_WEB_LISTEN` or `ERR_WEB_CERTIFICATE`.
 */
export async function startPublicServer(options: PublicServerOptions): Promise<HttpListener> {
  const { address, tls, clock, events } = options;
  const app = createPublicApp(options);
  const server = createAdaptorServer({
    fetch: app.fetch,
    overrideGlobalObjects: false,
    ...(tls === undefined
      ? { createServer, serverOptions: LIMITS_OF_HTTP }
      : {
          createServer: createTlsServer,
          serverOptions: { ...LIMITS_OF_HTTP, minVersion: 'TLSv1.2', handshakeTimeout: 5000 },
        }),
  }) as Server;
  server.maxConnections = CONNECTIONS_MAX;
  server.maxRequestsPerSocket = REQUESTS_PER_CONNECTION;
  const stopRenewing = tls === undefined ? undefined : keepCertificate(server, tls, events);
  const listener = await listenHttp(server, { address, setting: 'listeners.public', clock });
  events({
    level: 'info',
    event: 'web.public_listening',
    message: 'keys and trust are served to anybody',
    fields: { address: formatListenAddress(listener.address), tls: tls !== undefined },
  });
  return {
    address: listener.address,
    async stop(graceMillis) {
      stopRenewing?.();
      await listener.stop(graceMillis);
    },
  };
}

/** A certificate that cannot be used leaves the one before it serving. Throws `ERR_WEB_CERTIFICATE` for the first. */
function keepCertificate(server: Server, tls: CertificateSource, events: EventSink): () => void {
  useCertificate(server, tls);
  return tls.onChange(() => {
    try {
      useCertificate(server, tls);
    } catch (error) {
      events({
        level: 'error',
        event: 'web.certificate_refused',
        message: 'the public listener cannot use its new certificate, so the one before it serves on',
        error,
      });
    }
  });
}

function useCertificate(server: Server, tls: CertificateSource): void {
  const { certificateChainPem, privateKeyPem } = tls.current();
  try {
    if ('setSecureContext' in server && typeof server.setSecureContext === 'function') {
      server.setSecureContext({ cert: certificateChainPem, key: privateKeyPem, minVersion: 'TLSv1.2' });
    }
  } catch {
    // What OpenSSL says about a key could quote it.
    throw new SallyportError(
      'ERR_WEB_CERTIFICATE',
      'certificate and key of `listeners.public` do not go together',
      {
        hint: '`certificateFile` holds the chain, leaf first, and `keyFile` the key of the leaf, both in PEM',
      },
    );
  }
}
