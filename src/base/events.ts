export type EventLevel = 'debug' | 'info' | 'warn' | 'error';

/**
 * Something that happened, for log, metrics and traces alike. Rooms narrow this to unions of their own
 * (`event` is then a literal) and take an `EventSink` as an argument; what becomes of an event is
 * decided in `observe`. Fields hold no key, no token and no header value that a secret may hide in.
 */
export interface AppEvent {
  readonly level: EventLevel;
  /** Dotted and stable: `authz.decision`, `sds.nack`, `config.reloaded`. */
  readonly event: string;
  /** A sentence for people, lower case, no full stop. */
  readonly message: string;
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly error?: unknown;
}

export type EventSink = (event: AppEvent) => void;

export const dropEvents: EventSink = () => {};
