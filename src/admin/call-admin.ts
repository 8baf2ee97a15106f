import { request } from 'node:http';
import { errorText, LIMITS, SallyportError } from '../base/index.ts';
import { resultOfAnswer } from './answer.ts';

const TIMEOUT_MILLIS = 60_000;

/**
 * Asks a running Sallyport at its admin socket. Rejects with the error of the operation, or with
 * `ERR_ADMIN_UNREACHABLE` when nobody answers.
 */
export async function callAdmin(socketPath: string, operation: string, input: unknown): Promise<unknown> {
  const text = await post(socketPath, operation, JSON.stringify(input));
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new SallyportError('ERR_ADMIN_FAILED', 'what answers at the admin socket is no sallyport');
  }
  return resultOfAnswer(answer);
}

function post(socketPath: string, operation: string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error): void => reject(unreachable(socketPath, cause));
    const call = request(
      { socketPath, path: `/${operation}`, method: 'POST', timeout: TIMEOUT_MILLIS },
      (response) => {
        const parts: Buffer[] = [];
        let bytes = 0;
        response.on('data', (part: Buffer) => {
          bytes += part.length;
          if (bytes > LIMITS.adminAnswerBytes) {
            call.destroy(new Error('the answer is too large'));
          }
          parts.push(part);
        });
        response.on('end', () => resolve(Buffer.concat(parts).toString('utf8')));
        response.on('error', fail);
      },
    );
    call.on('timeout', () => call.destroy(new Error('no answer in time')));
    call.on('error', fail);
    call.end(body);
  });
}

function unreachable(socketPath: string, cause: Error): SallyportError {
  const code = 'code' in cause ? cause.code : undefined;
  const isDown = code === 'ENOENT' || code === 'ECONNREFUSED';
  return new SallyportError(
    'ERR_ADMIN_UNREACHABLE',
    isDown
      ? `no sallyport runs at \`${socketPath}\``
      : `\`${socketPath}\` does not answer: ${errorText(cause)}`,
    {
      hint:
        code === 'EACCES'
          ? 'run this as the user of sallyport, or as root'
          : 'start it with `sallyport serve`, with the same settings file',
      cause,
    },
  );
}
