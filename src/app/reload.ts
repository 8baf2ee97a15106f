import { type EventSink, hasErrors } from '../base/index.ts';
import { type FolderWatch, watchFolders } from '../config/index.ts';
import type { ReloadReport } from '../web/index.ts';
import { type ContentInput, type ContentReading, readContent, watchedFolders } from './content.ts';
import { tellDiagnostics } from './diagnostic-events.ts';
import type { Serving } from './serving.ts';

/** Takes up changed files for as long as it runs. */
export interface Reload {
  lastReport(): ReloadReport | undefined;
  stop(): Promise<void>;
}

export interface ReloadInput extends ContentInput {
  readonly serving: Serving;
  readonly events: EventSink;
  /** The signature of what was read at start. */
  readonly since: string;
}

/**
 * Watches the folders. What holds an error, or does not compile, leaves the old set serving, and the log and
 * `/readyz` say so until a good one comes.
 */
export function startReload(input: ReloadInput): Reload {
  const { settings, clock, events, since } = input;
  let report: ReloadReport | undefined;
  const folders = watchedFolders(settings);
  const watch: FolderWatch | undefined =
    folders.length === 0
      ? undefined
      : watchFolders(folders, {
          clock,
          events,
          since,
          async onChange() {
            report = take(await readContent(input), input);
          },
        });
  return {
    lastReport: () => report,
    stop: async () => watch?.stop(),
  };
}

function take(reading: ContentReading, { serving, clock, events }: ReloadInput): ReloadReport {
  const atMillis = clock.nowMillis();
  tellDiagnostics(reading.diagnostics, events);
  const { content } = reading;
  const problems = reading.diagnostics.filter(({ severity }) => severity === 'error').length;
  if (content === undefined || hasErrors(reading.diagnostics)) {
    events({
      level: 'error',
      event: 'config.reload_failed',
      message: 'changed files hold errors, so what was read before serves on',
      fields: { problems },
    });
    return { outcome: 'refused', atMillis, problems };
  }
  try {
    serving.replace(content);
    return { outcome: 'taken_up', atMillis, problems: 0 };
  } catch (error) {
    events({
      level: 'error',
      event: 'config.reload_failed',
      message: 'changed files could not be compiled, so what was read before serves on',
      fields: { problems: 1 },
      error,
    });
    return { outcome: 'refused', atMillis, problems: 1 };
  }
}
