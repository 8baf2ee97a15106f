import type { AppEvent } from '../base/index.ts';
import type { StreamEvent } from '../xds/index.ts';

const SHOWN_NAMES = 20;
const SHOWN_NAME_LENGTH = 200;

/** What happened on a stream, for log and metrics; `about` says on which. */
export function appEventOf(event: StreamEvent, about: Readonly<Record<string, unknown>>): AppEvent {
  switch (event.kind) {
    case 'subscribed':
      return {
        level: 'info',
        event: 'sds.subscribed',
        message: 'a stream asks for secrets',
        fields: { ...about, ...shown(event.names), everything: event.wildcard },
      };
    case 'unsubscribed':
      return line('debug', 'unsubscribed', 'a stream asks for fewer secrets', about, event.names);
    case 'pushed':
      return line('info', 'pushed', 'secrets were sent', { ...about, nonce: event.nonce }, event.names);
    case 'withdrawn':
      return line('warn', 'withdrawn', 'a stream has lost what it was sent before', about, event.names);
    case 'accepted':
      return line('debug', 'ack', 'secrets were accepted', { ...about, nonce: event.nonce }, event.names);
    case 'rejected': {
      const fields = { ...about, nonce: event.nonce, reason: event.reason };
      return line('warn', 'nack', 'secrets were rejected', fields, event.names);
    }
    case 'stale':
      return {
        level: 'debug',
        event: 'sds.stale_nonce',
        message: 'an answer came to a response that is not open',
        fields: { ...about, nonce: event.nonce.slice(0, SHOWN_NAME_LENGTH) },
      };
    case 'name_refused':
      return line('warn', 'name_refused', `a name was left out: ${event.reason}`, about, [event.name]);
    case 'type_refused':
      return {
        level: 'warn',
        event: 'sds.type_refused',
        message: 'a request for another type of resource was ignored',
        fields: { ...about, typeUrl: event.typeUrl },
      };
  }
}

/** Names that nobody has or that are not this caller's: said to us, not to the caller. */
export function namesRefused(
  names: readonly string[],
  about: Readonly<Record<string, unknown>>,
  selectors: readonly string[],
  entries: number,
): AppEvent {
  const message =
    entries === 0
      ? 'no registration entry matches the caller, so it gets nothing'
      : 'a name was left out: no registration entry gives it to the caller';
  return line('warn', 'name_refused', message, { ...about, selectors, entries }, names);
}

function line(
  level: AppEvent['level'],
  name: string,
  message: string,
  about: Readonly<Record<string, unknown>>,
  names: readonly string[],
): AppEvent {
  return { level, event: `sds.${name}`, message, fields: { ...about, ...shown(names) } };
}

/** A stranger chooses names, so only so much of them is written down. */
function shown(names: readonly string[]): { readonly names: readonly string[]; readonly nameCount: number } {
  return {
    names: names.slice(0, SHOWN_NAMES).map((name) => name.slice(0, SHOWN_NAME_LENGTH)),
    nameCount: names.length,
  };
}
