import { SallyportError } from '../../src/base/index.ts';
import type { FetchedDocument, KeyFetch } from '../../src/keys/index.ts';

/** Key servers of the whole world, in memory: what they answer can change at any time. */
export interface FakeKeyServer {
  readonly fetch: KeyFetch;
  /** Every URL that was asked for, in order. */
  readonly asked: readonly string[];
  /** Exchanges that have not ended. */
  readonly open: number;
  /** The most that were open at once. */
  readonly openMax: number;
  serve(url: string, text: string, maxAgeSeconds?: number): void;
  /** Cannot be reached. */
  fail(url: string): void;
  /** Answers only when told to; the request ends earlier when it is aborted. */
  hold(url: string): { answer(text: string): void; fail(): void };
}

type Answer = (signal: AbortSignal) => Promise<FetchedDocument>;

export function fakeKeyServer(): FakeKeyServer {
  const answers = new Map<string, Answer>();
  const asked: string[] = [];
  let open = 0;
  let openMax = 0;
  return {
    asked,
    get open() {
      return open;
    },
    get openMax() {
      return openMax;
    },
    async fetch({ url, signal }) {
      asked.push(url);
      open += 1;
      openMax = Math.max(openMax, open);
      try {
        return await (answers.get(url) ?? unreachable)(signal);
      } finally {
        open -= 1;
      }
    },
    serve(url, text, maxAgeSeconds) {
      answers.set(url, () => Promise.resolve({ text, maxAgeSeconds }));
    },
    fail(url) {
      answers.set(url, unreachable);
    },
    hold(url) {
      const { promise, resolve, reject } = Promise.withResolvers<FetchedDocument>();
      promise.catch(() => {});
      answers.set(url, (signal) => {
        const aborted = new Promise<never>((_resolve, rejectAborted) => {
          signal.addEventListener('abort', () => rejectAborted(new Error('aborted')));
        });
        return Promise.race([promise, aborted]);
      });
      return {
        answer: (text) => resolve({ text, maxAgeSeconds: undefined }),
        fail: () => reject(connectionError()),
      };
    },
  };
}

function unreachable(): Promise<FetchedDocument> {
  return Promise.reject(connectionError());
}

function connectionError(): SallyportError {
  return new SallyportError('ERR_KEY_FETCH_CONNECTION', 'cannot be reached');
}
