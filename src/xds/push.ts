import { contentVersion, type Resource, type ResourceView } from './resource.ts';
import {
  PENDING_MAX,
  type PendingResponse,
  type Pushed,
  type StreamEvent,
  type StreamState,
} from './stream-state.ts';

/** One response, in the words of neither protocol. */
export interface Push {
  readonly nonce: string;
  readonly version: string;
  readonly resources: readonly Resource[];
  readonly removed: readonly string[];
}

/** The bodies of one response together; a single larger one still goes out. */
const RESPONSE_BYTES_MAX = 1024 * 1024;

/**
 * What the stream asks for, may have and does not hold yet; nothing twice, nothing unchanged. Delta says
 * what has gone (`saysRemoved`), the state-of-the-world protocol has no word for it.
 */
export function pushChanges(state: StreamState, view: ResourceView, saysRemoved: boolean): Pushed<Push> {
  const sent = new Map(state.sent);
  const removed: string[] = [];
  const due: Resource[] = [];
  for (const [name, found] of wanted(state, view)) {
    if (found === undefined) {
      if (sent.delete(name)) {
        removed.push(name);
      }
    } else if (found !== 'pending' && sent.get(name)?.version !== found.version) {
      due.push(found);
      sent.set(name, { version: found.version, answer: 'open' });
    }
  }
  const events: StreamEvent[] = removed.length > 0 ? [{ kind: 'withdrawn', names: removed }] : [];
  const parts = split(due);
  if (parts.length === 0 && removed.length > 0 && saysRemoved) {
    parts.push([]);
  }
  const pushes = parts.map((resources, index): Push => {
    const gone = index === 0 && saysRemoved ? removed : [];
    return {
      nonce: `${state.seed}.${state.nonceCount + index + 1}`,
      version: contentVersion(...resources.flatMap(({ name, version }) => [name, version]), ...gone),
      resources,
      removed: gone,
    };
  });
  const pending = pushes.map(
    ({ nonce, version, resources }): PendingResponse => ({
      nonce,
      version,
      resources: resources.map(({ name, version: content }) => ({ name, version: content })),
    }),
  );
  return {
    state: {
      ...state,
      sent,
      pending: [...state.pending, ...pending].slice(-PENDING_MAX),
      nonceCount: state.nonceCount + pushes.length,
    },
    messages: pushes,
    events: [
      ...events,
      ...pushes
        .filter(({ resources }) => resources.length > 0)
        .map(
          ({ nonce, resources }): StreamEvent => ({
            kind: 'pushed',
            nonce,
            names: resources.map(({ name }) => name),
          }),
        ),
    ],
  };
}

function wanted(
  state: StreamState,
  view: ResourceView,
): ReadonlyMap<string, ReturnType<ResourceView['get']>> {
  const found = new Map<string, ReturnType<ResourceView['get']>>();
  if (state.wildcard) {
    for (const name of state.sent.keys()) {
      found.set(name, view.get(name));
    }
    for (const resource of view.all()) {
      found.set(resource.name, resource);
    }
  }
  for (const name of state.names) {
    found.set(name, view.get(name));
  }
  return found;
}

function split(due: readonly Resource[]): Resource[][] {
  const parts: Resource[][] = [];
  let bytes = 0;
  for (const resource of due) {
    const part = parts.at(-1);
    const size = resource.body.value.length;
    if (part === undefined || bytes + size > RESPONSE_BYTES_MAX) {
      parts.push([resource]);
      bytes = size;
    } else {
      part.push(resource);
      bytes += size;
    }
  }
  return parts;
}
