import { createServer, type RequestListener } from 'node:http';
import type { ProgramArguments } from './arguments.ts';

/** Serves until SIGTERM or SIGINT; then lets calls in flight end, and with the last socket the process. */
export function serveHttp(where: ProgramArguments, answer: RequestListener): void {
  const server = createServer(answer);
  server.listen(where.port, where.host);
  const stop = (): void => {
    server.close();
    server.closeIdleConnections();
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}
