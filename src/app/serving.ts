import type { PeerTrust, Snapshot } from '../authz/index.ts';
import type { EventSink } from '../base/index.ts';
import type { Settings } from '../config/index.ts';
import { createTokenCache, type KeySetSource } from '../jwt/index.ts';
import type { KeySets } from '../keys/index.ts';
import {
  compilePolicies,
  issuersOfKeySets,
  keySetSources,
  type PolicySet,
  policyCount,
} from '../policy/index.ts';
import { type Content, meshOf } from './content.ts';
import { createEntries, type Entries, type InForce } from './entry-source.ts';
import { limitAlgorithms } from './limit-algorithms.ts';

/** What verdicts and certificates are given by, replaced as a whole. */
export interface Serving {
  snapshot(): Snapshot;
  readonly entries: Entries;
  /** Compiles `content` first: when that fails, it throws and what was there serves on. */
  replace(content: Content): void;
}

export interface ServingInput {
  readonly settings: Settings;
  readonly keySets: KeySets;
  readonly events: EventSink;
  /** Of a peer's certificate: key id of its issuer and serial. */
  readonly isRevoked: Snapshot['isRevoked'];
  readonly trust: PeerTrust;
  readonly entriesInForce: InForce;
}

export function createServing(first: Content, input: ServingInput): Serving {
  let version = 1;
  let snapshot = build(first);
  const entries = createEntries(first.entries, input.entriesInForce);

  function build({ policies, directory }: Content): Snapshot {
    const { settings, keySets } = input;
    const compiled = compilePolicies(limitAlgorithms(policies, settings.keys.algorithms), meshOf(settings));
    const wanted = keySetSources(compiled);
    // A Check that waits for a set which is gone ends undecided, so it is denied.
    keySets.use(wanted, issuersOfKeySets(compiled));
    warnOfKeys(wanted, input);
    return {
      version: String(version),
      policies: compiled,
      directory,
      keys: keySets.view(),
      tokenCache: createTokenCache(),
      profiles: settings.profiles,
      trust: input.trust,
      isRevoked: input.isRevoked,
    };
  }

  tell('config.loaded', 'policies, workloads and entries are in force', snapshot.policies, first, input);
  return {
    snapshot: () => snapshot,
    entries,
    replace(content) {
      version += 1;
      snapshot = build(content);
      entries.replace(content.entries);
      tell('config.reloaded', 'changed files are in force', snapshot.policies, content, input);
    },
  };
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
