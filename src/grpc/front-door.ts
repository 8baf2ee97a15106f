import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls';
import { type Clock, type EventSink, errorText, SallyportError } from '../base/index.ts';
import { urisOfAltNames } from './peer-names.ts';
import { trackPeers } from './tls-peers.ts';
import { secureContextOf, type TlsSource } from './tls-source.ts';

/** How a listener makes sure who is at the other end. */
export type ListenerSecurity =
  | { readonly kind: 'insecure' }
  | {
      readonly kind: 'mtls';
      readonly tls: TlsSource;
      /**
       * The URI names of a client certificate that the trust accepts, and the certificate, DER; false closes the
       * connection. Asked at the handshake, and again for open connections at every review.
       */
      readonly allow: (uris: readonly string[], certificateDer: Uint8Array) => boolean;
      /** Calls `review` when `allow` may answer otherwise than before, until the returned function is called. */
      readonly onReview?: (review: () => void) => () => void;
    };

/** Our own server in front of grpc-js: it accepts, secures and judges connections, and hands them on. */
export interface FrontDoor {
  readonly server: Server;
  /** Every connection that is open, those in their handshake too. */
  readonly sockets: ReadonlySet<Socket>;
  /** Ends the watch on the TLS source. */
  release(): void;
}

type BareDoor = Omit<FrontDoor, 'sockets'>;

export interface FrontDoorOptions {
  readonly name: string;
  readonly security: ListenerSecurity;
  readonly connectionsMax: number;
  readonly handshakeMillis: number;
  readonly clock: Clock;
  readonly events: EventSink;
  readonly onSocket: (socket: Socket, peerUris: readonly string[]) => void;
}

export function openFrontDoor(options: FrontDoorOptions): FrontDoor {
  const { security } = options;
  const door = security.kind === 'mtls' ? tlsDoor(options, security) : plainDoor(options);
  const sockets = new Set<Socket>();
  door.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  door.server.maxConnections = options.connectionsMax;
  door.server.once('listening', () => watchAccept(door.server, options));
  door.server.on('drop', () =>
    options.events({
      level: 'warn',
      event: 'grpc.connection_dropped',
      message: 'a connection was closed because the listener has as many as it may',
      fields: { listener: options.name, connectionsMax: options.connectionsMax },
    }),
  );
  return { ...door, sockets };
}

/** Such as too many open files; without a listener for it the error would end the process. */
function watchAccept(server: Server, { name, events }: FrontDoorOptions): void {
  server.on('error', (error) =>
    events({
      level: 'error',
      event: 'grpc.accept_failed',
      message: 'a connection could not be accepted',
      fields: { listener: name },
      error,
    }),
  );
}

function plainDoor({ onSocket }: FrontDoorOptions): BareDoor {
  const server = createServer({ noDelay: true }, (socket) => {
    ignoreErrors(socket);
    onSocket(socket, []);
  });
  return { server, release: () => undefined };
}

function tlsDoor(
  options: FrontDoorOptions,
  security: Extract<ListenerSecurity, { readonly kind: 'mtls' }>,
): BareDoor {
  const { name, events } = options;
  const server = usingTls(() =>
    createTlsServer({
      ...secureContextOf(security.tls.current()),
      requestCert: true,
      rejectUnauthorized: true,
      ALPNProtocols: ['h2'],
      handshakeTimeout: options.handshakeMillis,
      noDelay: true,
    }),
  );
  const peers = trackPeers(options, security);
  server.on('secureConnection', (socket) => {
    ignoreErrors(socket);
    const certificate = socket.authorized ? socket.getPeerX509Certificate() : undefined;
    const uris = certificate === undefined ? undefined : urisOfAltNames(certificate.subjectAltName);
    if (certificate === undefined || uris === undefined || !security.allow(uris, certificate.raw)) {
      refuse(uris === undefined ? 'its names cannot be read' : 'it may not come in', uris ?? []);
      socket.destroy();
      return;
    }
    peers.add({ socket, uris, certificate });
    options.onSocket(socket, uris);
  });
  server.on('tlsClientError', (error, socket) => {
    refuse(errorText(error), []);
    // Node leaves a connection open whose handshake has taken too long.
    socket.destroy();
  });

  function refuse(reason: string, peerUris: readonly string[]): void {
    events({
      level: 'warn',
      event: 'grpc.peer_refused',
      message: 'a client was refused at the TLS handshake',
      fields: { listener: name, reason, peerUris },
    });
  }
  const stopRenewing = security.tls.onChange(() => renew(server, security.tls, options));
  return {
    server,
    release() {
      stopRenewing();
      peers.release();
    },
  };
}

/** New connections get the new certificate and trust; running ones keep what they have. */
function renew(server: TlsServer, tls: TlsSource, { name, events }: FrontDoorOptions): void {
  const fields = { listener: name };
  try {
    usingTls(() => server.setSecureContext(secureContextOf(tls.current())));
    events({
      level: 'info',
      event: 'grpc.certificate_renewed',
      message: 'a listener took up a new certificate and trust',
      fields,
    });
  } catch (error) {
    events({
      level: 'error',
      event: 'grpc.certificate_rejected',
      message: 'a listener keeps its old certificate because the new one cannot be used',
      fields,
      error,
    });
  }
}

/** Throws `ERR_GRPC_TLS_MATERIAL` when Node does not take what it is given. */
function usingTls<T>(use: () => T): T {
  try {
    return use();
  } catch (cause) {
    throw cause instanceof SallyportError
      ? cause
      : new SallyportError('ERR_GRPC_TLS_MATERIAL', 'certificate, key and trust cannot be used', { cause });
  }
}

/** A broken connection ends its calls; without a listener for its error it would end the process. */
function ignoreErrors(socket: Socket): void {
  socket.on('error', () => undefined);
}
