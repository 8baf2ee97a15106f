import { readProgramArguments } from './arguments.ts';
import { serveHttp } from './serve-http.ts';

/**
 * The workload behind a sidecar: answers with what reached it, so that a header that was replaced or
 * removed on the way can be seen.
 */
const where = readProgramArguments(process.argv.slice(2));

serveHttp(where, (request, response) => {
  request.resume();
  const seen = { service: where.name, method: request.method, path: request.url, headers: request.headers };
  response.writeHead(200, { 'content-type': 'application/json' }).end(`${JSON.stringify(seen)}\n`);
});
