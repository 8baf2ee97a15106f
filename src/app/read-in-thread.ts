import { Worker } from 'node:worker_threads';
import { inSlices, LIMITS, SallyportError } from '../base/index.ts';
import type { ContentInput, ContentReading } from './content.ts';
import { type Parcel, unpackParcel } from './parcel.ts';
import { linkReading, type PostableReading } from './postable-reading.ts';

export interface ReadInThreadInput extends ContentInput {
  readonly signal: AbortSignal;
  /** Defaults: the limits. */
  readonly millisMax?: number;
  readonly heapMegabytesMax?: number;
  /** What the thread runs; default: the reader. */
  readonly program?: URL;
}

/** Beside this file, as source and once built. */
const READER = new URL(`./content-thread${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

/**
 * As `readContent`, of which this thread only puts the outcome together, a little at a time. Rejects with
 * `ERR_RELOAD_THREAD` when the other thread ends without one, runs out of memory or takes too long; nothing
 * of it is left running then.
 */
export async function readContentInThread(input: ReadInThreadInput): Promise<ContentReading> {
  const { settings, signal } = input;
  const parcel = await parcelOfThread(input);
  const reading = (await inSlices(unpackParcel(parcel), { signal })) as PostableReading;
  return linkReading(reading, settings);
}

function parcelOfThread({
  settings,
  settingsPath,
  clock,
  signal,
  millisMax = LIMITS.reloadMillis,
  heapMegabytesMax = LIMITS.reloadHeapMegabytes,
  program = READER,
}: ReadInThreadInput): Promise<Parcel> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(program, {
      name: 'reload',
      workerData: { settings, settingsPath },
      resourceLimits: { maxOldGenerationSizeMb: heapMegabytesMax },
    });
    const timer = clock.startTimer(millisMax, () => fail(`took over ${millisMax} ms`));
    const stop = (): void => end(() => reject(signal.reason));
    function end(settle: () => void): void {
      timer.cancel();
      signal.removeEventListener('abort', stop);
      void worker.terminate();
      settle();
    }
    function fail(what: string, cause?: unknown): void {
      const message = `the thread that reads changed files ${what}`;
      end(() => reject(new SallyportError('ERR_RELOAD_THREAD', message, { cause })));
    }
    signal.addEventListener('abort', stop);
    worker.once('message', (parcel: Parcel) => end(() => resolve(parcel)));
    worker.once('messageerror', (error) => fail('posted what cannot be read', error));
    worker.once('error', (error) => fail('failed', error));
    worker.once('exit', () => fail('ended without an outcome'));
    if (signal.aborted) {
      stop();
    }
  });
}
