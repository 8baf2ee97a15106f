import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface RunningServer {
  readonly port: number;
  /** Connections that were ever made to it. */
  readonly connections: number;
  close(): Promise<void>;
}

export function serveHttp(listener: RequestListener): Promise<RunningServer> {
  return listening(createHttpServer(listener));
}

export function serveHttps(
  identity: { readonly certificateChainPem: string; readonly privateKeyPem: string },
  listener: RequestListener,
): Promise<RunningServer> {
  return listening(
    createHttpsServer({ cert: identity.certificateChainPem, key: identity.privateKeyPem }, listener),
  );
}

async function listening(server: Server): Promise<RunningServer> {
  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    get connections() {
      return connections;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
