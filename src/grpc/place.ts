import type { Server } from 'node:net';
import {
  errorText,
  formatListenAddress,
  type ListenAddress,
  type Random,
  SallyportError,
} from '../base/index.ts';
import { errnoOf, listenOnSocketFile, type SocketFileOptions } from './socket-file.ts';

export type GrpcAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | ({ readonly kind: 'unix' } & SocketFileOptions);

/** Where a server listens. */
export interface Place {
  /** With the port the system chose. */
  readonly address: ListenAddress;
  readonly tookOver: boolean;
  /** Removes what listening has left behind. */
  remove(): Promise<void>;
}

/** Rejects with `ERR_UNIX_PATH_TOO_LONG`, `ERR_GRPC_ADDRESS_IN_USE` or `ERR_GRPC_LISTEN`. */
export async function listenAt(server: Server, address: GrpcAddress, random: Random): Promise<Place> {
  if (address.kind === 'unix') {
    const file = await listenOnSocketFile(server, address, random);
    return { address: { kind: 'unix', path: address.path }, ...file };
  }
  await new Promise<void>((resolve, reject) => {
    const fail = (cause: Error): void => reject(tcpError(address, cause));
    server.once('error', fail);
    server.listen({ host: address.host, port: address.port }, () => {
      server.off('error', fail);
      resolve();
    });
  });
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : address.port;
  return {
    address: { kind: 'tcp', host: address.host, port },
    tookOver: false,
    remove: () => Promise.resolve(),
  };
}

function tcpError(address: ListenAddress, cause: unknown): SallyportError {
  const text = formatListenAddress(address);
  switch (errnoOf(cause)) {
    case 'EADDRINUSE':
      return new SallyportError('ERR_GRPC_ADDRESS_IN_USE', `the address \`${text}\` is in use`, {
        hint: 'stop the process that listens there, or choose another port',
        cause,
      });
    case 'EADDRNOTAVAIL':
      return new SallyportError('ERR_GRPC_LISTEN', `this machine does not have the address \`${text}\``, {
        hint: 'use `0.0.0.0` for all addresses, or `127.0.0.1` for this machine alone',
        cause,
      });
    case 'EACCES':
      return new SallyportError('ERR_GRPC_LISTEN', `no permission to listen on \`${text}\``, {
        hint: 'choose a port above 1023',
        cause,
      });
    default:
      return new SallyportError('ERR_GRPC_LISTEN', `cannot listen on \`${text}\`: ${errorText(cause)}`, {
        hint: 'choose another address',
        cause,
      });
  }
}
