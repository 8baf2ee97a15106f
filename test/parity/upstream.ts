import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';

/** The workload behind Envoy: answers with the request that reached it. */
export interface Upstream {
  readonly port: number;
  /** Says back what it is told. */
  readonly tcpPort: number;
  close(): void;
}

/** What the workload saw. */
export interface SeenRequest {
  readonly method: string;
  readonly target: string;
  /** Names in lower case and in order; lines of one name together. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

export async function startUpstream(): Promise<Upstream> {
  const server = createServer((request, response) => {
    request.resume();
    const lines = new Map<string, string[]>();
    for (let index = 0; index < request.rawHeaders.length; index += 2) {
      const name = request.rawHeaders[index]?.toLowerCase() ?? '';
      lines.set(name, [...(lines.get(name) ?? []), request.rawHeaders[index + 1] ?? '']);
    }
    const seen: SeenRequest = {
      method: request.method ?? '',
      target: request.url ?? '',
      headers: [...lines]
        .map(([name, values]) => [name, values.join(',')] as const)
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    };
    const body = Buffer.from(JSON.stringify(seen), 'latin1');
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
    response.end(body);
  });
  server.keepAliveTimeout = 600_000;
  const tcp = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  await Promise.all([listening(server), listening(tcp)]);
  return {
    port: (server.address() as AddressInfo).port,
    tcpPort: (tcp.address() as AddressInfo).port,
    close() {
      tcp.close();
      server.closeAllConnections();
      server.close();
    },
  };
}

function listening(server: Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
}
