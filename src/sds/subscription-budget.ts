import { LIMITS, SallyportError } from '../base/index.ts';
import { bytesOf, type StreamState } from '../xds/index.ts';

/** Keeps what all streams together remember of the names they ask for within bounds. */
export interface SubscriptionBudget {
  /** Books what the stream remembers now. Throws `ERR_LIMIT_EXCEEDED` when there is no room for it. */
  book(stream: object, state: StreamState): void;
  release(stream: object): void;
}

/** What is kept beside the bytes of a name: its places in sets and maps, and what it was read as. */
const NAME_OVERHEAD_BYTES = 200;

/** A stream with few names always has room, so that whoever asks for much cannot shut out the others. */
export function createSubscriptionBudget(
  totalBytes: number = LIMITS.subscriptionBytesTotal,
): SubscriptionBudget {
  const booked = new Map<object, number>();
  let total = 0;
  const release = (stream: object): void => {
    total -= booked.get(stream) ?? 0;
    booked.delete(stream);
  };
  return {
    book(stream, { names, sent }) {
      release(stream);
      const count = names.size + sent.size;
      const bytes = bytesOf(names) + bytesOf(sent.keys()) + count * NAME_OVERHEAD_BYTES;
      if (bytes <= LIMITS.subscriptionBytesFree) {
        return;
      }
      if (total + bytes > totalBytes) {
        throw new SallyportError('ERR_LIMIT_EXCEEDED', 'all streams together ask for too many names');
      }
      booked.set(stream, bytes);
      total += bytes;
    },
    release,
  };
}
