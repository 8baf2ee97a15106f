import type { Answer } from './answer.ts';
import { connected, type Destination } from './http-client.ts';

/** A connection that was let through, and one that was closed. */
const LET_THROUGH: Answer = {
  status: 200,
  body: '',
  headers: {},
  upstream: { method: 'connection', target: '', headers: [] },
};
const CLOSED: Answer = { status: 403, body: '', headers: {}, upstream: undefined };

const MILLIS_MAX = 20_000;

/** Opens a connection, says something and waits for an echo. */
export async function tryConnection(destination: Destination): Promise<Answer> {
  const socket = await connected(destination);
  return new Promise((resolve, reject) => {
    socket.once('data', () => {
      socket.destroy();
      resolve(LET_THROUGH);
    });
    socket.once('error', () => undefined);
    socket.once('close', () => resolve(CLOSED));
    socket.setTimeout(MILLIS_MAX, () => reject(new Error('a connection is neither answered nor closed')));
    // Long enough for Envoy to see that it is no TLS.
    socket.write('a line of some length\n');
  });
}
