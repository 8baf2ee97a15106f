import type { PeerTrust, Provider, Snapshot } from '../authz/index.ts';
import { type EventSink, inSlices, type Sliced } from '../base/index.ts';
import type { Settings } from '../config/index.ts';
import { createTokenCache, type KeySetSource } from '../jwt/index.ts';
import type { KeySets } from '../keys/index.ts';
import {
  compilePolicies,
  issuersOfKeySets,
  keySetSources,
  type PolicySet,
  policyCount,
  type Target,
} from '../policy/index.ts';
import type { Directory, Workload } from '../workload/index.ts';
import { type Content, meshOf } from './content.ts';
import { createEntries, type Entries, type InForce } from './entry-source.ts';
import { limitAlgorithms } from './limit-algorithms.ts';

/** What verdicts and certificates are given by, replaced as a whole. */
export interface Serving {
  snapshot(): Snapshot;
  readonly entries: Entries;
  /**
   * Compiles `content` first, a little at a time, while what was there serves on; when that fails or `signal`
   * is aborted, it rejects and what was there stays.
   */
  replace(content: Content, signal: AbortSignal): Promise<void>;
}

export interface ServingInput {
  readonly settings: Settings;
  readonly keySets: KeySets;
  readonly events: EventSink;
  /** Of a peer's certificate: key id of its issuer and serial. */
  readonly isRevoked: Snapshot['isRevoked'];
  readonly trust: PeerTrust;
  readonly providers: ReadonlyMap<string, Provider>;
  readonly entriesInForce: InForce;
}

/** Nothing serves before the policies of every workload are compiled. */
export async function createServing(first: Content, input: ServingInput): Promise<Serving> {
  const { settings, keySets } = input;
  let version = 1;
  const prepared = await prepare(first, NONE);
  const entries = createEntries(first.entries, input.entriesInForce);
  let snapshot = snapshotOf(prepared, first);

  function prepare({ policies, directory }: Content, others: readonly Target[], signal?: AbortSignal) {
    const limited = limitAlgorithms(policies, settings.keys.algorithms);
    const work = preparePolicies(compilePolicies(limited, meshOf(settings)), directory, others);
    return inSlices(work, signal === undefined ? {} : { signal });
  }

  function snapshotOf(policies: PolicySet, { directory }: Content): Snapshot {
    const wanted = keySetSources(policies);
    // A Check that waits for a set which is gone ends undecided, so it is denied.
    keySets.use(wanted, issuersOfKeySets(policies));
    warnOfKeys(wanted, input);
    return {
      version: String(version),
      policies,
      directory,
      keys: keySets.view(),
      tokenCache: createTokenCache(),
      profiles: settings.profiles,
      providers: input.providers,
      trust: input.trust,
      isRevoked: input.isRevoked,
    };
  }

  tell('config.loaded', 'policies, workloads and entries are in force', snapshot.policies, first, input);
  return {
    snapshot: () => snapshot,
    entries,
    async replace(content, signal) {
      const policies = await prepare(content, snapshot.policies.recentTargets(), signal);
      version += 1;
      snapshot = snapshotOf(policies, content);
      entries.replace(content.entries);
      tell('config.reloaded', 'changed files are in force', snapshot.policies, content, input);
    },
  };
}

const NONE: readonly never[] = [];

/** Works out what holds for each workload and for `others`, so that no request has to wait for it. */
function* preparePolicies(
  policies: PolicySet,
  { content: { workloads } }: Directory,
  others: readonly Target[],
): Sliced<PolicySet> {
  for (const target of [...workloads.flatMap(targetsOf), ...others]) {
    yield* policies.prepare(target);
    yield;
  }
  return policies;
}

/** A waypoint is asked for as each of its services, too. */
function targetsOf(workload: Workload): readonly Target[] {
  const { namespace, labels, kind, gatewayName, services } = workload;
  return kind === 'waypoint'
    ? [
        workload,
        ...services.map((service) => ({ namespace, labels, kind, gatewayName, services: [service] })),
      ]
    : [workload];
}

/** Keys that cannot be used refuse every token of their rule, so a person should know. */
function warnOfKeys(sources: readonly KeySetSource[], { keySets, events }: ServingInput): void {
  for (const source of sources) {
    const error = source.kind === 'inline' ? keySets.checkInline(source) : undefined;
    if (error !== undefined) {
      events({
        level: 'warn',
        event: 'config.keys_unusable',
        message: 'inline keys of a RequestAuthentication cannot be used, so its tokens are refused',
        fields: { keySetId: source.keySetId },
        error,
      });
    }
  }
}

function tell(
  event: string,
  message: string,
  policies: PolicySet,
  { directory, entries }: Content,
  { events }: ServingInput,
): void {
  events({
    level: 'info',
    event,
    message,
    fields: {
      ...policyCount(policies),
      workloads: directory.content.workloads.length,
      entries: entries.entries.length,
    },
  });
}
