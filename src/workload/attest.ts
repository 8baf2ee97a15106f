import { type Clock, type EventSink, SallyportError } from '../base/index.ts';
import { readExecutable } from './executable.ts';
import { createExecutableHashes, type ExecutableHashes } from './executable-hash.ts';
import { type SelectorSource, selectorsOf } from './selectors.ts';
import { createSystemNames, type SystemNames } from './system-names.ts';
import { PROCESS_PREFIXES, SHA256_PREFIX, unixSelectors } from './unix-selectors.ts';
import type { EntrySet } from './workload.ts';

/** A connection with the process behind it; `grpc`'s Caller is one. */
export interface AttestedConnection extends SelectorSource {
  /** The same for everything that comes by this connection. */
  readonly connectionId: string;
  readonly process:
    | {
        readonly pid: number;
        readonly uid: number;
        readonly gid: number;
        /** Whether what `/proc` says of `pid` is about the caller. */
        isAlive(): boolean;
      }
    | undefined;
}

/** Selectors of a caller, at once when they are known. */
export type Attestation = readonly string[] | Promise<readonly string[]>;

export interface AttestorInput {
  readonly clock: Clock;
  readonly events: EventSink;
  /** The entries in force: executables are hashed only when one of them asks for that. */
  readonly entries: () => EntrySet;
  readonly names?: SystemNames;
  readonly hashes?: ExecutableHashes;
}

/**
 * Everything that is proven of a caller, as selectors. Its process is looked at once for each connection, and
 * again when entries ask for more than was looked for. A look that fails for a process that is gone rejects
 * with `ERR_WORKLOAD_CALLER_GONE`; facts that cannot be had are left out and told.
 */
export type Attest = (caller: AttestedConnection) => Attestation;

interface Look {
  readonly hashed: boolean;
  readonly attestation: Promise<readonly string[]>;
  selectors: readonly string[] | undefined;
}

export function createAttestor(input: AttestorInput): Attest {
  const looks = new WeakMap<AttestedConnection, Look>();
  const told = new Set<string>();
  const names = input.names ?? createSystemNames();
  const hashes = input.hashes ?? createExecutableHashes(input.clock);
  const wantsHash = rememberedBySet((set) => asksFor(set, [SHA256_PREFIX]));
  const wantsProcess = rememberedBySet((set) => asksFor(set, PROCESS_PREFIXES));
  const level = (): 'warn' | 'debug' => (wantsProcess(input.entries()) ? 'warn' : 'debug');

  return (caller) => {
    const { process } = caller;
    const proven = selectorsOf(caller);
    if (process === undefined) {
      return proven;
    }
    if (process.pid === 0) {
      tellOnce(told, caller, level(), input.events);
      return [...proven, ...unixSelectors({ uid: process.uid, gid: process.gid })];
    }
    const hashed = wantsHash(input.entries());
    const known = looks.get(caller);
    if (known !== undefined && (known.hashed || !hashed)) {
      return known.selectors ?? known.attestation;
    }
    const tellMissing = (missing: string): void =>
      input.events({
        level: level(),
        event: 'workload.executable_unknown',
        message: `selectors of a caller are left out: ${missing}`,
        fields: { connection: caller.connectionId, listener: caller.listener, pid: process.pid },
      });
    const attestation = lookAt(process, names, hashed ? hashes : undefined, tellMissing).then((seen) => {
      const selectors = [...proven, ...seen.selectors];
      if (seen.isBusy) {
        // A moment of overload must not cost the caller a selector for as long as it stays connected.
        looks.delete(caller);
      } else {
        look.selectors = selectors;
      }
      return selectors;
    });
    const look: Look = { hashed, attestation, selectors: undefined };
    looks.set(caller, look);
    attestation.catch(() => looks.delete(caller));
    return attestation;
  };
}

async function lookAt(
  process: NonNullable<AttestedConnection['process']>,
  names: SystemNames,
  hashes: ExecutableHashes | undefined,
  tellMissing: (missing: string) => void,
): Promise<{ readonly selectors: readonly string[]; readonly isBusy: boolean }> {
  const { pid, uid, gid } = process;
  const [user, group, executable] = await Promise.all([
    names.user(uid),
    names.group(gid),
    readExecutable(pid, hashes),
  ]);
  if (!process.isAlive()) {
    throw new SallyportError('ERR_WORKLOAD_CALLER_GONE', 'the process of a caller is gone');
  }
  const { path, sha256, missing, isBusy } = executable;
  if (missing.length > 0) {
    tellMissing(missing.join('; '));
  }
  return { selectors: unixSelectors({ uid, gid, user, group, path, sha256 }), isBusy };
}

/** Once for each listener: whoever calls there calls from outside every time. */
function tellOnce(
  told: Set<string>,
  { connectionId, listener }: AttestedConnection,
  level: 'warn' | 'debug',
  events: EventSink,
): void {
  if (!told.has(listener)) {
    told.add(listener);
    events({
      level,
      event: 'workload.pid_unknown',
      message:
        'callers live in another PID namespace, so only user and group ids are known of them; `pid: host` for the container of sallyport lets it see them',
      fields: { connection: connectionId, listener },
    });
  }
}

function asksFor({ entries }: EntrySet, prefixes: readonly string[]): boolean {
  return entries.some(({ selectors }) =>
    selectors.some((selector) => prefixes.some((prefix) => selector.startsWith(prefix))),
  );
}

/** Entry sets never change, so each is looked through once. */
function rememberedBySet(answer: (set: EntrySet) => boolean): (set: EntrySet) => boolean {
  const known = new WeakMap<EntrySet, boolean>();
  return (set) => {
    const remembered = known.get(set) ?? answer(set);
    known.set(set, remembered);
    return remembered;
  };
}
