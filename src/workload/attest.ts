import { type Clock, type EventSink, SallyportError } from '../base/index.ts';
import { NO_CONTAINER, type ReadCgroups, readContainer } from './container.ts';
import type { DockerApi } from './docker-api.ts';
import { DOCKER_PREFIX, SECRET_PREFIX } from './docker-selectors.ts';
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
  /** Asked about containers when entries name them; without it no `docker:` selector is ever shown. */
  readonly docker?: DockerApi | undefined;
  readonly readCgroups?: ReadCgroups;
  /** Called when facts that could not be had for a moment may be there: callers should be looked at again. */
  readonly onLater?: () => void;
}

/** How long a caller goes without facts that could not be had for a moment. */
const LATER_MILLIS = 2000;

/**
 * Everything that is proven of a caller, as selectors. Its process is looked at once for each connection, and
 * again when entries ask for more than was looked for. A look that fails for a process that is gone rejects
 * with `ERR_WORKLOAD_CALLER_GONE`; facts that cannot be had are left out and told.
 */
export type Attest = (caller: AttestedConnection) => Attestation;

interface Look {
  readonly hashed: boolean;
  readonly contained: boolean;
  readonly attestation: Promise<readonly string[]>;
  selectors: readonly string[] | undefined;
}

export function createAttestor(input: AttestorInput): Attest {
  const looks = new WeakMap<AttestedConnection, Look>();
  const later = forgetLater(looks, input);
  const told = new Set<string>();
  const names = input.names ?? createSystemNames();
  const hashes = input.hashes ?? createExecutableHashes(input.clock);
  const wantsHash = rememberedBySet((set) => asksFor(set, [SHA256_PREFIX]));
  const shown = secretsHidden();
  const wantsContainer = rememberedBySet((set) => asksFor(set, [DOCKER_PREFIX]));
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
    const docker = wantsContainer(input.entries()) ? input.docker : undefined;
    const contained = docker !== undefined;
    if (known !== undefined && (known.hashed || !hashed) && (known.contained || !contained)) {
      return known.selectors === undefined ? known.attestation : shown(known.selectors, input.entries());
    }
    const tellMissing = (missing: string): void =>
      input.events({
        level: level(),
        event: 'workload.executable_unknown',
        message: `selectors of a caller are left out: ${missing}`,
        fields: { connection: caller.connectionId, listener: caller.listener, pid: process.pid },
      });
    const wish = { names, hashes: hashed ? hashes : undefined, docker, readCgroups: input.readCgroups };
    const attestation = lookAt(process, wish, tellMissing).then((seen) => {
      look.selectors = [...proven, ...seen.selectors];
      if (seen.isBusy) {
        // A moment of overload must not cost the caller a selector for as long as it stays connected.
        later.add(caller);
      }
      return shown(look.selectors, input.entries());
    });
    const look: Look = { hashed, contained, attestation, selectors: undefined };
    looks.set(caller, look);
    attestation.catch(() => looks.delete(caller));
    return attestation;
  };
}

/** Forgets the looks of callers a little later, all of them in one go. */
function forgetLater(
  looks: WeakMap<AttestedConnection, Look>,
  { clock, onLater }: AttestorInput,
): { add(caller: AttestedConnection): void } {
  const waiting = new Set<AttestedConnection>();
  return {
    add(caller) {
      waiting.add(caller);
      if (waiting.size === 1) {
        clock.startTimer(LATER_MILLIS, () => {
          for (const one of waiting) {
            looks.delete(one);
          }
          waiting.clear();
          onLater?.();
        });
      }
    },
  };
}

/** What is looked at beside the ids. */
interface LookWish {
  readonly names: SystemNames;
  readonly hashes: ExecutableHashes | undefined;
  readonly docker: DockerApi | undefined;
  readonly readCgroups: ReadCgroups | undefined;
}

async function lookAt(
  process: NonNullable<AttestedConnection['process']>,
  { names, hashes, docker, readCgroups }: LookWish,
  tellMissing: (missing: string) => void,
): Promise<{ readonly selectors: readonly string[]; readonly isBusy: boolean }> {
  const { pid, uid, gid } = process;
  const [user, group, executable, container] = await Promise.all([
    names.user(uid),
    names.group(gid),
    readExecutable(pid, hashes),
    docker === undefined ? NO_CONTAINER : readContainer(pid, docker, readCgroups),
  ]);
  if (!process.isAlive()) {
    throw new SallyportError('ERR_WORKLOAD_CALLER_GONE', 'the process of a caller is gone');
  }
  const { path, sha256 } = executable;
  const missing = [...executable.missing, ...container.missing];
  if (missing.length > 0) {
    tellMissing(missing.join('; '));
  }
  return {
    selectors: [...unixSelectors({ uid, gid, user, group, path, sha256 }), ...container.selectors],
    isBusy: executable.isBusy || container.isBusy,
  };
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

/**
 * Leaves out selectors whose values may be secrets, but for those that an entry names anyway. The same list again as
 * long as the entries are the same.
 */
function secretsHidden(): (selectors: readonly string[], set: EntrySet) => readonly string[] {
  const isSecret = (selector: string): boolean => selector.startsWith(SECRET_PREFIX);
  const named = rememberedBySet(
    ({ entries }) => new Set(entries.flatMap((entry) => entry.selectors.filter(isSecret))),
  );
  const known = new WeakMap<
    readonly string[],
    { readonly set: EntrySet; readonly shown: readonly string[] }
  >();
  return (selectors, set) => {
    if (!selectors.some(isSecret)) {
      return selectors;
    }
    const before = known.get(selectors);
    if (before?.set === set) {
      return before.shown;
    }
    const shown = selectors.filter((selector) => !isSecret(selector) || named(set).has(selector));
    known.set(selectors, { set, shown });
    return shown;
  };
}

/** Entry sets never change, so each is looked through once. */
function rememberedBySet<T>(answer: (set: EntrySet) => T): (set: EntrySet) => T {
  const known = new WeakMap<EntrySet, T>();
  return (set) => {
    const remembered = known.get(set) ?? answer(set);
    known.set(set, remembered);
    return remembered;
  };
}
