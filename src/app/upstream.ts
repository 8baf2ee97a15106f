import type { Clock, EventSink } from '../base/index.ts';
import { type Settings, watchFiles } from '../config/index.ts';
import { cacertsPaths, readCacerts, type UpstreamAuthority } from '../issuer/index.ts';

/** The CA above us, watched. */
export interface Upstream {
  readonly authority: UpstreamAuthority;
  stop(): Promise<void>;
}

/** Undefined when the settings name none. */
export function openUpstream({ ca }: Settings, clock: Clock, events: EventSink): Upstream | undefined {
  const { upstream } = ca;
  if (upstream === undefined) {
    return undefined;
  }
  const { cacerts, siblings } = upstream;
  const listeners = new Set<() => void>();
  const watch = watchFiles(cacertsPaths(cacerts, siblings), {
    clock,
    events,
    onChange() {
      for (const listener of [...listeners]) {
        listener();
      }
    },
  });
  return {
    authority: {
      name: cacerts,
      load: () => readCacerts(cacerts, siblings),
      onChange(listener) {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    },
    stop: () => watch.stop(),
  };
}
