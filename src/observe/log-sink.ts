import { pino } from 'pino';
import {
  type AppEvent,
  type Clock,
  type EventLevel,
  type EventSink,
  errorCodeOf,
  errorText,
} from '../base/index.ts';
import { boundedText, type Loggable, loggable } from './loggable.ts';

/** Where lines go; each comes whole with its line end. */
export interface LogDestination {
  write(line: string): void;
  /** Returns when everything that was written is with the operating system. */
  flushSync?(): void;
}

export interface LogSinkOptions {
  readonly level: EventLevel;
  /** Whether verdicts (`authz.decision`) have lines too; default: true. */
  readonly decisions?: boolean;
  readonly destination: LogDestination;
  readonly clock: Clock;
}

/** The log: one JSON object per event and line, `time`, `level`, `event`, `message`, then its fields. */
export interface LogSink {
  readonly sink: EventSink;
  setLevel(level: EventLevel): void;
  /** Before the process ends. */
  flush(): void;
}

export function createLogSink({ level, decisions = true, destination, clock }: LogSinkOptions): LogSink {
  const logger = pino(
    {
      level,
      base: null,
      messageKey: 'message',
      formatters: { level: (label) => ({ level: label }) },
      timestamp: () => `,"time":"${new Date(clock.nowMillis()).toISOString()}"`,
    },
    { write: (line: string) => destination.write(withoutControls(line)) },
  );
  return {
    sink(event) {
      const isLeftOut = !decisions && event.event === 'authz.decision' && event.level === 'info';
      if (!isLeftOut && logger.isLevelEnabled(event.level)) {
        logger[event.level](membersOf(event), boundedText(event.message));
      }
    },
    setLevel(next) {
      logger.level = next;
    },
    flush() {
      destination.flushSync?.();
    },
  };
}

/** Standard output, buffered while it is slow; beyond that, lines are dropped rather than memory filled. */
export function standardOutput(): LogDestination {
  return pino.destination({ dest: 1, sync: false, maxLength: BUFFER_BYTES_MAX });
}

const BUFFER_BYTES_MAX = 64 * 1024 * 1024;

const OWN_MEMBERS: ReadonlySet<string> = new Set([
  'time',
  'level',
  'event',
  'message',
  'error',
  'errorCode',
  'stack',
]);

function membersOf(event: AppEvent): Readonly<Record<string, Loggable>> {
  const members: Record<string, Loggable> = { event: event.event };
  const fields = loggable(event.fields ?? {});
  if (typeof fields === 'object' && fields !== null) {
    for (const [name, value] of Object.entries(fields)) {
      members[OWN_MEMBERS.has(name) ? `${name}_` : name] = value;
    }
  }
  return event.error === undefined ? members : { ...members, ...errorMembers(event.error) };
}

/** What is not ours is a defect, and its place in the code helps to mend it. */
function errorMembers(error: unknown): Readonly<Record<string, Loggable>> {
  const errorCode = errorCodeOf(error);
  const stack = error instanceof Error && errorCode === 'ERR_INTERNAL' ? error.stack : undefined;
  return {
    errorCode,
    error: boundedText(textOfChain(error)),
    ...(stack === undefined ? {} : { stack: boundedText(stack) }),
  };
}

const CAUSES_MAX = 5;

function textOfChain(error: unknown): string {
  const texts: string[] = [];
  for (let here = error; here !== undefined && texts.length < CAUSES_MAX; ) {
    texts.push(errorText(here));
    here = here instanceof Error ? here.cause : undefined;
  }
  return texts.join(': ');
}

/**
 * JSON escapes only the oldest control characters. These, too, can move a cursor, end a line or turn the
 * direction of a text on a terminal; they only stand inside JSON texts.
 */
function withoutControls(line: string): string {
  return line.replace(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
