import { type EventSink, hasErrors, sleep } from '../base/index.ts';
import { type FolderWatch, watchFolders } from '../config/index.ts';
import type { ReloadReport } from '../web/index.ts';
import { type ContentInput, type ContentReading, watchedFolders } from './content.ts';
import { tellDiagnostics } from './diagnostic-events.ts';
import { readContentInThread } from './read-in-thread.ts';
import type { Serving } from './serving.ts';

/** Takes up changed files for as long as it runs. */
export interface Reload {
  lastReport(): ReloadReport | undefined;
  stop(): Promise<void>;
}

export interface ReloadInput extends ContentInput {
  readonly serving: Pick<Serving, 'replace'>;
  readonly events: EventSink;
  /** The signature of what was read at start. */
  readonly since: string;
  /** Reads all folders, by default in a thread of its own; a rejection says nothing of the files. */
  readonly read?: (signal: AbortSignal) => Promise<ContentReading>;
}

/** How long to wait before reading again what could not be read; doubled each time. */
const RETRY_MILLIS = 1000;
const RETRY_MILLIS_MAX = 60_000;

/**
 * Watches the folders. What holds an error, cannot be read or does not compile leaves the old set serving,
 * and the log and `/readyz` say so until a good one comes.
 */
export function startReload(input: ReloadInput): Reload {
  const { settings, clock, events, since } = input;
  const stopping = new AbortController();
  let report: ReloadReport | undefined;
  const folders = watchedFolders(settings);
  const watch: FolderWatch | undefined =
    folders.length === 0
      ? undefined
      : watchFolders(folders, {
          clock,
          events,
          since,
          onChange: () =>
            takeUp(input, stopping.signal, (outcome, problems) => {
              report = { outcome, atMillis: clock.nowMillis(), problems };
            }),
        });
  return {
    lastReport: () => report,
    async stop() {
      stopping.abort();
      await watch?.stop();
    },
  };
}

type Report = (outcome: ReloadReport['outcome'], problems: number) => void;

/** Until the files were read, whatever they then say. */
async function takeUp(input: ReloadInput, signal: AbortSignal, report: Report): Promise<void> {
  const { settings, settingsPath, clock } = input;
  const read = input.read ?? (() => readContentInThread({ settings, settingsPath, clock, signal }));
  for (let retryMillis = RETRY_MILLIS; !signal.aborted; retryMillis *= 2) {
    try {
      const reading = await read(signal);
      await take(reading, input, signal, report);
      return;
    } catch (error) {
      if (!signal.aborted) {
        report('refused', 1);
        tellFailed(input, 'changed files could not be read, so what was read before serves on', 1, error);
        await sleep(clock, Math.min(retryMillis, RETRY_MILLIS_MAX), signal);
      }
    }
  }
}

async function take(
  { content, diagnostics }: ContentReading,
  input: ReloadInput,
  signal: AbortSignal,
  report: Report,
): Promise<void> {
  tellDiagnostics(diagnostics, input.events);
  if (content === undefined || hasErrors(diagnostics)) {
    const problems = diagnostics.filter(({ severity }) => severity === 'error').length;
    report('refused', problems);
    tellFailed(input, 'changed files hold errors, so what was read before serves on', problems);
    return;
  }
  try {
    await input.serving.replace(content, signal);
    report('taken_up', 0);
  } catch (error) {
    if (!signal.aborted) {
      report('refused', 1);
      tellFailed(input, 'changed files could not be compiled, so what was read before serves on', 1, error);
    }
  }
}

function tellFailed({ events }: ReloadInput, message: string, problems: number, error?: unknown): void {
  events({
    level: 'error',
    event: 'config.reload_failed',
    message,
    fields: { problems },
    ...(error === undefined ? {} : { error }),
  });
}
