import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type EventSink, errorCodeOf, errorText, LIMITS, SallyportError } from '../base/index.ts';
import { type Answer, answerOfError } from './answer.ts';
import type { AdminCaller, Operation } from './operation.ts';

export interface AdminSocketOptions {
  readonly operations: readonly Operation[];
  /** Lets the server listen where nobody but our own user can reach it; resolves to what ends that. */
  readonly listen: (server: Server) => Promise<() => Promise<void>>;
  /** Asks the kernel who is at the other end; what it returns is released when the answer is made. */
  readonly processOf?: (socket: Socket) => CallingProcess | undefined;
  readonly events: EventSink;
}

type CallingProcess = NonNullable<AdminCaller['process']> & { release(): void };

export interface AdminSocket {
  stop(): Promise<void>;
}

const CONNECTIONS_MAX = 32;
const LIMITS_OF_HTTP = { maxHeaderSize: 8 * 1024, headersTimeout: 5000, requestTimeout: 30_000 } as const;
const OK = 200;
const FAILED = 400;

/**
 * Answers `POST /<operation>` with JSON. Who may connect is decided by the mode of the socket alone, so it
 * must be one that only our own user can open.
 */
export async function startAdminSocket(options: AdminSocketOptions): Promise<AdminSocket> {
  const operations = new Map(options.operations.map((one) => [one.name, one]));
  const server = createServer(LIMITS_OF_HTTP, (request, response) => {
    void answer(request, operations, options).then((result) => send(response, result));
  });
  server.maxConnections = CONNECTIONS_MAX;
  const stopListening = await options.listen(server);
  return {
    async stop() {
      await stopListening();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(
  request: IncomingMessage,
  operations: ReadonlyMap<string, Operation>,
  { events, processOf }: AdminSocketOptions,
): Promise<Answer> {
  const process = processOf?.(request.socket);
  const name = (request.url ?? '').slice(1);
  try {
    const wanted = request.method === 'POST' ? operations.get(name) : undefined;
    if (wanted === undefined) {
      throw new SallyportError('ERR_ADMIN_REQUEST', 'this sallyport does not know what it was asked for', {
        hint: 'use the `sallyport` command of the same version as the one that runs',
      });
    }
    const result = await wanted.run(JSON.parse(await bodyOf(request)), { process });
    events({
      level: 'debug',
      event: 'admin.done',
      message: `\`${name}\` was done`,
      fields: { operation: name },
    });
    return { result };
  } catch (error) {
    const code = errorCodeOf(error);
    events({
      level: code === 'ERR_INTERNAL' ? 'error' : 'info',
      event: 'admin.failed',
      message: `an operation was refused: ${errorText(error)}`,
      fields: { operation: operations.has(name) ? name : 'unknown', code },
      ...(code === 'ERR_INTERNAL' ? { error } : {}),
    });
    return answerOfError(error);
  } finally {
    process?.release();
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request) {
    bytes += (part as Buffer).length;
    if (bytes > LIMITS.adminRequestBytes) {
      throw new SallyportError('ERR_ADMIN_REQUEST', 'the request is too large');
    }
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts).toString('utf8') || 'null';
}

function send(response: ServerResponse, answer: Answer): void {
  const body = Buffer.from(JSON.stringify(answer));
  response.writeHead('result' in answer ? OK : FAILED, {
    'content-type': 'application/json',
    'content-length': body.length,
  });
  response.end(body);
}
