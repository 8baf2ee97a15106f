import { LIMITS, SallyportError } from '../base/index.ts';
import type { StreamEvent, StreamState, Taken } from './stream-state.ts';

/** xDS writes "everything" as this name. */
const WILDCARD = '*';
const SHOWN_NAME_LENGTH = 100;

export interface Subscription {
  readonly names: ReadonlySet<string>;
  readonly wildcard: boolean;
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly events: readonly StreamEvent[];
}

/** An `ERR_LIMIT_EXCEEDED` when the stream asks for more than `LIMITS.resourceNames` or `subscriptionBytes`. */
export function resubscribe(
  state: StreamState,
  change: { readonly names: ReadonlySet<string>; readonly wildcard: boolean },
): Subscription | SallyportError {
  const { names, wildcard } = change;
  if (names.size > LIMITS.resourceNames) {
    return new SallyportError('ERR_LIMIT_EXCEEDED', `a stream asks for over ${LIMITS.resourceNames} names`, {
      details: { names: names.size },
    });
  }
  if (bytesOf(names) > LIMITS.subscriptionBytes) {
    return new SallyportError(
      'ERR_LIMIT_EXCEEDED',
      `the names a stream asks for are over ${LIMITS.subscriptionBytes} bytes`,
      { details: { names: names.size } },
    );
  }
  const added = [...names].filter((name) => !state.names.has(name));
  const removed = [...state.names].filter((name) => !names.has(name));
  const events: StreamEvent[] = [];
  if (added.length > 0 || (wildcard && !state.wildcard)) {
    events.push({ kind: 'subscribed', names: added, wildcard });
  }
  if (removed.length > 0) {
    events.push({ kind: 'unsubscribed', names: removed });
  }
  return { names, wildcard, added, removed, events };
}

/** What names cost while a stream holds them. */
export function bytesOf(names: Iterable<string>): number {
  let bytes = 0;
  for (const name of names) {
    bytes += Buffer.byteLength(name);
  }
  return bytes;
}

/** The names that can be names, without doubles, and whether everything is asked for. */
export function readNames(list: readonly string[]): {
  readonly names: ReadonlySet<string>;
  readonly wildcard: boolean;
  readonly events: readonly StreamEvent[];
} {
  const names = new Set<string>();
  const events: StreamEvent[] = [];
  for (const name of list) {
    const reason = refusal(name);
    if (reason === undefined) {
      names.add(name);
    } else if (events.length < LIMITS.resourceNames) {
      events.push({ kind: 'name_refused', name: name.slice(0, SHOWN_NAME_LENGTH), reason });
    }
  }
  const wildcard = names.delete(WILDCARD);
  return { names, wildcard, events };
}

/** A request for another type of resource changes nothing. */
export function refuseType(state: StreamState, typeUrl: string): Taken {
  return { state, events: [{ kind: 'type_refused', typeUrl: typeUrl.slice(0, SHOWN_NAME_LENGTH) }] };
}

function refusal(name: string): string | undefined {
  if (name === '') {
    return 'it is empty';
  }
  return Buffer.byteLength(name) > LIMITS.resourceNameBytes ? 'it is too long' : undefined;
}
