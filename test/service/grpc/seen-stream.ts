import type { ClientReadableStream, StatusObject } from '@grpc/grpc-js';
import { cleanUp } from './bed.ts';

/** What a stream has brought so far, one after the other. */
export interface SeenStream<Response> {
  readonly seen: readonly Response[];
  readonly status: Promise<StatusObject>;
  /** The next one that was not looked at, as soon as it is there. */
  next(): Promise<Response>;
}

/** Cancelled when the test is over. */
export function seenStream<Response>(
  call: Pick<ClientReadableStream<Response>, 'on' | 'once' | 'cancel'>,
): SeenStream<Response> {
  const seen: Response[] = [];
  let looked = 0;
  let wake: () => void = () => undefined;
  call.on('data', (response: Response) => {
    seen.push(response);
    wake();
  });
  call.on('error', () => undefined);
  cleanUp(() => call.cancel());
  return {
    seen,
    status: new Promise((resolve) => call.once('status', resolve)),
    async next() {
      while (seen.length <= looked) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      looked += 1;
      return seen[looked - 1] as Response;
    },
  };
}
