import type { AdminCaller, WhoAmIView, WhoAmIWish } from '../admin/index.ts';
import { SallyportError } from '../base/index.ts';
import type { Settings } from '../config/index.ts';
import { processOfPid } from '../grpc/index.ts';
import { type Attest, type AttestedConnection, type EntrySet, nearestEntry } from '../workload/index.ts';

export interface WhoAmIInput {
  readonly settings: Settings;
  readonly entries: () => EntrySet;
  readonly attest: Attest;
}

export type Explain = (wish: WhoAmIWish, caller: AdminCaller) => Promise<readonly WhoAmIView[]>;

/**
 * Looks at a process as if it had connected to the agent listeners. Rejects with `ERR_ADMIN_REQUEST` when there
 * is no such process or listener, and `ERR_WORKLOAD_CALLER_GONE`.
 */
export function createWhoAmI({ settings, entries, attest }: WhoAmIInput): Explain {
  return async ({ pid, listener }, caller) => {
    const sockets = settings.listeners.agents.filter(
      ({ name, address }) => address.kind === 'unix' && (listener === undefined || name === listener),
    );
    if (sockets.length === 0) {
      throw new SallyportError('ERR_ADMIN_REQUEST', 'there is no such agent listener on a Unix socket', {
        hint: 'see `listeners.agents` of the settings',
      });
    }
    const named = pid === undefined ? undefined : processOfPid(pid);
    if (pid !== undefined && named === undefined) {
      throw new SallyportError('ERR_ADMIN_REQUEST', `there is no process ${pid} in sight`, {
        hint: 'its pid as the Sallyport that runs sees it; in a container that is another one',
      });
    }
    try {
      const process = named ?? caller.process;
      const connection = { connectionId: 'who-am-i', transport: 'unix', peerUris: [], process } as const;
      return await Promise.all(
        sockets.map(async ({ name }) => viewOf({ ...connection, listener: name }, entries(), attest)),
      );
    } finally {
      named?.release();
    }
  };
}

async function viewOf(connection: AttestedConnection, set: EntrySet, attest: Attest): Promise<WhoAmIView> {
  const selectors = await attest(connection);
  const matching = set.matching(selectors);
  const nearest = matching.length === 0 ? nearestEntry(set, selectors) : undefined;
  return {
    listener: connection.listener,
    selectors,
    identities: matching.map(({ name, spiffeId }) => ({ entry: name, spiffeId: spiffeId.uri })),
    nearest:
      nearest === undefined
        ? undefined
        : {
            entry: nearest.entry.name,
            spiffeId: nearest.entry.spiffeId.uri,
            missing: nearest.missing,
          },
  };
}
